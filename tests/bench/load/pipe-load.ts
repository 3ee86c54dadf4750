import { type ChildProcess, spawn } from 'node:child_process'
import { callMessage, faultOf, initializedMessage, initializeMessage, nonceOf } from './json-rpc.ts'
import type { Load } from './request-load.ts'
import { type Lane, runWindow } from './window.ts'

/** The stdio server straight over its pipes: what no bridge can beat. */
export interface PipeLoadOptions {
  readonly command: readonly string[]
  readonly lanes: number
  readonly resultBytes?: number
}

export async function openPipeLoad({ command, lanes: count, resultBytes = 0 }: PipeLoadOptions): Promise<Load> {
  const pipe = openPipe(command)
  await pipe.initialize()
  pipe.tell(initializedMessage)
  let nextId = 1
  const lane: Lane = (done) => {
    const id = nextId++
    const nonce = nonceOf(0, id)
    pipe.ask(id, callMessage(id, nonce, resultBytes), (line) => {
      const fault = faultOf(line.toString('utf8'), id, nonce, resultBytes)
      done(fault === undefined ? undefined : new Error(fault))
    })
  }
  const lanes = Array.from({ length: count }, () => lane)
  return { run: (until) => runWindow(lanes, until), close: () => pipe.close() }
}

/** @returns milliseconds from the start of a child to its answer to `initialize` */
export async function timeChild(command: readonly string[]): Promise<number> {
  const since = performance.now()
  const pipe = openPipe(command)
  await pipe.initialize()
  const took = performance.now() - since
  pipe.close()
  await pipe.gone
  return took
}

function openPipe([command = '', ...args]: readonly string[]) {
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  const waiting = new Map<number, (line: Buffer) => void>()
  let held: Buffer[] = []
  let unsent: string[] = []

  stdout.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      held.push(chunk.subarray(start, end))
      const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
      held = []
      start = end + 1
      // Every answer of the echo server ends with its id; a wrong one finds nobody here, or fails the caller's check.
      const id = Number(/"id":(\d+)\}$/.exec(line.toString('latin1', Math.max(0, line.length - 24)))?.[1])
      const settle = waiting.get(id)
      waiting.delete(id)
      settle?.(line)
    }
    if (start < chunk.length) held.push(chunk.subarray(start))
  })
  // Lines of one turn leave together, as a good client of a pipe does.
  const flush = () => {
    const lines = unsent
    unsent = []
    stdin.write(lines.join(''))
  }
  const tell = (line: string) => {
    if (unsent.length === 0) process.nextTick(flush)
    unsent.push(`${line}\n`)
  }
  const ask = (id: number, line: string, settle: (line: Buffer) => void) => {
    waiting.set(id, settle)
    tell(line)
  }
  return {
    tell,
    ask,
    initialize: () => new Promise<Buffer>((resolve) => ask(0, initializeMessage, resolve)),
    close: () => stdin.end(),
    gone: new Promise<void>((resolve) => child.once('close', () => resolve())),
  }
}
