import type { Writable } from 'node:stream'

/** A line with its line end: bytes, or the same bytes read as latin1, which is cheaper while they are few. */
export type Line = Buffer | string

/**
 * Writes lines in order; those of one turn of the event loop leave in one write. While the stream is full they wait here.
 */
export interface LineWriter {
  /** @param line - must not change afterwards */
  write(line: Line): void
  /** Bytes that the other side has not taken yet, here and in the stream. */
  readonly waitingBytes: number
}

export function createLineWriter(stream: Writable): LineWriter {
  let waiting: Line[] = []
  let bytes = 0
  let scheduled = false
  let full = false

  const flush = () => {
    scheduled = false
    if (full || waiting.length === 0 || stream.destroyed) return
    const lines = waiting
    waiting = []
    bytes = 0
    if (lines.every((line) => typeof line === 'string')) {
      full = !stream.write(lines.join(''), 'latin1')
      return
    }
    // Corked writes leave as one writev: no copy of a large line.
    stream.cork()
    for (const line of lines) full = !stream.write(line, 'latin1') || full
    stream.uncork()
  }

  stream.on('drain', () => {
    full = false
    flush()
  })

  return {
    write(line) {
      waiting.push(line)
      bytes += line.length
      if (scheduled) return
      scheduled = true
      // After the poll phase: whatever other connections brought in this turn goes along.
      setImmediate(flush)
    },
    get waitingBytes() {
      return bytes + stream.writableLength
    },
  }
}
