import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { Question, Reply } from './answer-questions.ts'

/** A process of the benchmark that answers questions: a target, or the load generator. */
export interface Worker {
  readonly pid: number
  /** Rejects with what the other side threw, or when it is gone. */
  ask<Answer>(name: string, input?: unknown): Promise<Answer>
  stop(): Promise<void>
}

/** What a process that does not end by itself after its parent left is given before it is killed. */
const STOP_MS = 10_000

/** Of util-linux, which is on every Linux. */
const PIN_COMMAND = 'taskset'

/** On one core each, loads and targets do not steal each other's time. False where the system cannot do it. */
export const canPin = spawnSync(PIN_COMMAND, ['-V'], { stdio: 'ignore' }).status === 0

/**
 * Starts a module of the benchmark as a process of its own.
 * @param core - the processor core it must stay on
 */
export function startWorker(
  file: string,
  options: { readonly core?: number | undefined; readonly flags?: readonly string[] } = {},
): Worker {
  const node = [process.execPath, ...(options.flags ?? []), file]
  const [command = '', ...args] =
    options.core === undefined || !canPin ? node : [PIN_COMMAND, '-c', String(options.core), ...node]
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let nextId = 0
  let ended: string | undefined

  child.on('message', ({ id, output, error }: Reply) => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) one?.resolve(output)
    else one?.reject(new Error(`${file}: ${error}`))
  })
  const end = (why: string) => {
    ended ??= why
    for (const one of waiting.values()) one.reject(new Error(`${file} ${why}`))
    waiting.clear()
  }
  child.once('error', (error) => end(`could not be started: ${error.message}`))
  child.once('exit', (code, signal) => end(`ended (${signal ?? code})`))

  return {
    pid: child.pid ?? 0,
    ask: <Answer>(name: string, input?: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        if (ended !== undefined) return reject(new Error(`${file} ${ended}`))
        const question: Question = { id: nextId++, name, input }
        waiting.set(question.id, { resolve: (value) => resolve(value as Answer), reject })
        child.send(question, (error) => error && reject(error))
      }),
    stop: async () => {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(timer)
    },
  }
}
