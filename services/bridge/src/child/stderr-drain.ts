import type { Readable } from 'node:stream'

const MAX_LINE_BYTES = 2048
const LINES_PER_SECOND = 50
const BURST_LINES = 200

/** Reads a child's standard error for ever, so that the child never blocks on it, and keeps little of it. */
export interface StderrDrain {
  /** The last line that was not blank, at most 300 characters, without control characters. */
  lastLine(): string | undefined
}

/**
 * @param onLine - called with bounded lines at a bounded rate; `dropped` = lines left out since the last call
 */
export function drainStderr(stream: Readable, now: () => number, onLine: (line: string, dropped: number) => void): StderrDrain {
  let tail: Buffer = Buffer.alloc(0)
  let last: string | undefined
  let tokens = BURST_LINES
  let refilledAt = now()
  let dropped = 0

  const take = (): boolean => {
    const at = now()
    tokens = Math.min(BURST_LINES, tokens + ((at - refilledAt) / 1000) * LINES_PER_SECOND)
    refilledAt = at
    if (tokens < 1) return false
    tokens--
    return true
  }

  const emit = (bytes: Buffer) => {
    const line = printable(bytes)
    if (line === '') return
    last = line
    if (take()) {
      onLine(line, dropped)
      dropped = 0
    } else dropped++
  }

  stream.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      emit(tail.length === 0 ? chunk.subarray(start, end) : Buffer.concat([tail, chunk.subarray(start, end)]))
      tail = Buffer.alloc(0)
      start = end + 1
    }
    if (start === chunk.length || tail.length >= MAX_LINE_BYTES) return
    tail = Buffer.concat([tail, chunk.subarray(start, start + MAX_LINE_BYTES)])
  })
  stream.on('end', () => {
    emit(tail)
    tail = Buffer.alloc(0)
  })
  stream.on('error', () => {})

  return { lastLine: () => (tail.length === 0 ? last : printable(tail) || last)?.slice(0, 300) }
}

/** Colours and cursor movements. */
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g')

function printable(bytes: Buffer): string {
  const text = bytes.subarray(0, MAX_LINE_BYTES).toString('utf8')
  return text
    .replace(ANSI, '')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
}
