import { type ChildProcess, spawn } from 'node:child_process'
import { createLineReader } from './line-reader.ts'
import { createLineWriter, type Line } from './line-writer.ts'
import { drainStderr } from './stderr-drain.ts'
import { STOP_WAITS, type StopWaits, stopGroup } from './stop-group.ts'

/** Longest line a child may write. A longer one ends the child, not the bridge. */
const MAX_LINE_BYTES = 64 * 1024 * 1024

/** Answers written right before an exit are still in the pipe; a grandchild may hold the pipe open for ever. */
const LAST_WORDS_MS = 100

export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  readonly maxLineBytes?: number
  readonly stopWaits?: StopWaits
  readonly now: () => number
  /** One line of standard output without its end; may be a view of a larger buffer. */
  readonly onLine: (line: Buffer) => void
  readonly onStderr: (line: string, dropped: number) => void
  /** Exactly once, also when the child could not be started; no line comes after it. */
  readonly onEnd: (end: ChildEnd) => void
}

export type ChildEnd =
  | {
      readonly reason: 'exit'
      readonly code: number | null
      readonly signal: string | null
      readonly lastStderr: string | undefined
    }
  | { readonly reason: 'not_started'; readonly code: string }
  | { readonly reason: 'line_too_long' }
  /** It closed its input while it was expected to read. */
  | { readonly reason: 'deaf' }

/** One running stdio server. */
export interface Child {
  readonly pid: number | undefined
  readonly startedAt: number
  /** Queues a line. Lost when the child has ended. */
  write(line: Line): void
  /** Bytes that the child has not read yet. */
  readonly waitingBytes: number
  /** Stops reading standard output, so that the child blocks when its pipe is full. */
  pause(): void
  resume(): void
  /** End of input, TERM, KILL, to the whole process group; resolves when it is gone. `onEnd` is not called for it. */
  stop(): Promise<void>
  /** Resolves when no process of the group is left. */
  readonly gone: Promise<void>
}

/**
 * Starts a stdio server without a shell, as leader of its own process group and session, so that signals reach what it
 * starts itself and a terminal's signals do not reach it. Never throws: a failure to start comes by `onEnd`.
 * If the bridge itself is killed, the end of input is what ends the child.
 */
export function startChild(options: ChildOptions): Child {
  const startedAt = options.now()
  const { promise: gone, resolve: settle } = Promise.withResolvers<void>()
  const notStarted = (code: string): Child => {
    setImmediate(() => options.onEnd({ reason: 'not_started', code }))
    settle()
    return { pid: undefined, startedAt, waitingBytes: 0, write() {}, pause() {}, resume() {}, stop: async () => {}, gone }
  }
  let child: ChildProcess
  try {
    child = spawn(options.command, options.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      shell: false,
      env: options.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
  } catch (error) {
    return notStarted((error as NodeJS.ErrnoException).code ?? 'ERROR')
  }
  const { stdin, stdout, stderr, pid } = child
  if (!stdin || !stdout || !stderr) {
    // Out of file descriptors: there were none left for the pipes.
    child.on('error', () => {})
    return notStarted('EMFILE')
  }
  let ended = false
  let stopping: Promise<void> | undefined

  const finish = (end: ChildEnd) => {
    if (ended) return
    ended = true
    stdout.removeListener('data', reader.push)
    stdout.on('data', () => {})
    stdout.resume()
    options.onEnd(end)
  }
  const stop = (): Promise<void> => {
    ended = true
    stopping ??= (async () => {
      stdin.end()
      // Nobody reads its lines any more; without this a full pipe would keep it from ending by itself.
      stdout.removeListener('data', reader.push)
      stdout.on('data', () => {})
      stdout.resume()
      if (pid !== undefined) await stopGroup(pid, options.stopWaits ?? STOP_WAITS)
      for (const stream of [stdin, stdout, stderr]) stream.destroy()
      settle()
    })()
    return stopping
  }
  const fail = (end: ChildEnd) => {
    finish(end)
    void stop()
  }

  const reader = createLineReader(options.maxLineBytes ?? MAX_LINE_BYTES, options.onLine, () => fail({ reason: 'line_too_long' }))
  const writer = createLineWriter(stdin)
  const errors = drainStderr(stderr, options.now, options.onStderr)
  stdout.on('data', reader.push)
  stdout.on('error', () => {})
  stdin.on('error', () => {
    // EPIPE also comes right before an exit, which tells more: let that come first.
    setTimeout(() => fail({ reason: 'deaf' }), LAST_WORDS_MS)
  })
  child.on('error', (error: NodeJS.ErrnoException) => {
    if (child.pid === undefined) fail({ reason: 'not_started', code: error.code ?? 'ERROR' })
  })
  child.on('exit', (code, signal) => {
    let told = false
    const tell = () => {
      if (told) return
      told = true
      fail({ reason: 'exit', code, signal, lastStderr: errors.lastLine() })
    }
    child.once('close', tell)
    stdout.resume()
    setTimeout(tell, LAST_WORDS_MS)
  })

  return {
    pid,
    startedAt,
    gone,
    write(line) {
      if (!ended) writer.write(line)
    },
    get waitingBytes() {
      return writer.waitingBytes
    },
    pause() {
      stdout.pause()
    },
    resume() {
      stdout.resume()
    },
    stop,
  }
}
