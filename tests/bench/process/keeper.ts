import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { answerQuestions } from './answer-questions.ts'

/** A program that knows nothing of the benchmark. */
export interface KeptCommand {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Where its output goes; what it said is the first thing to look at when it does not start. */
  readonly logFile: string
  /** Run when the program must end, before its process group is killed. */
  readonly cleanUp?: readonly string[]
}

let child: ChildProcess | undefined
let cleanUp: readonly string[] | undefined

/** Starts programs that do not end with their parent, and ends them when the benchmark is gone. */
answerQuestions({
  start: ({ command: [command = '', ...args], env = {}, cwd, logFile, cleanUp: last }: KeptCommand) => {
    const log = openSync(logFile, 'a')
    child = spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env }, cwd, detached: true })
    cleanUp = last
    child.on('error', () => {})
    return child.pid
  },
  /** Ends it as an operator would. @returns milliseconds until it was gone */
  stop: async () => {
    const since = performance.now()
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      signalGroup('SIGTERM')
      await exited
    }
    return performance.now() - since
  },
})

function signalGroup(signal: NodeJS.Signals): void {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It is gone.
  }
}

process.on('exit', () => {
  const [command, ...args] = cleanUp ?? []
  if (command !== undefined) spawnSync(command, args, { stdio: 'ignore' })
  signalGroup('SIGKILL')
})
