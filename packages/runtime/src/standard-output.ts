import { type DestinationStream, pino } from 'pino'

/** What a log writes to. */
export interface LogOutput extends DestinationStream {
  /** Writes what is held back. */
  flushSync(): void
}

/**
 * Standard output, with the lines of one turn of the event loop in one write: under load a system call for each costs as much
 * as all the rest of a line. What is held back at the end of the process is written; only a kill in the middle of a turn
 * loses that turn's lines.
 */
export function createStandardOutput(write: (text: string) => void = writer()): LogOutput {
  let held: string[] = []
  const flushSync = () => {
    if (held.length === 0) return
    const text = held.join('')
    held = []
    write(text)
  }
  process.once('exit', flushSync)
  return {
    write: (line) => {
      if (held.push(line) === 1) setImmediate(flushSync)
    },
    flushSync,
  }
}

/** Pino's, which knows what to do when a pipe is full or nobody reads it any more. */
function writer(): (text: string) => void {
  const output = pino.destination({ fd: 1, sync: true })
  return (text) => output.write(text)
}
