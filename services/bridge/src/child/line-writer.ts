import type { Writable } from 'node:stream'

/** From this size on a line is handed to the stream as it is instead of being copied together with its neighbours. */
const COPY_LIMIT_BYTES = 32 * 1024

/**
 * Writes lines in order; those of one turn of the event loop leave in one write. While the stream is full they wait here.
 */
export interface LineWriter {
  /** @param line - with its line end; must not change afterwards */
  write(line: Buffer): void
  /** Bytes that the other side has not taken yet, here and in the stream. */
  readonly waitingBytes: number
}

export function createLineWriter(stream: Writable): LineWriter {
  let waiting: Buffer[] = []
  let bytes = 0
  let scheduled = false
  let full = false

  const flush = () => {
    scheduled = false
    if (full || waiting.length === 0 || stream.destroyed) return
    const lines = waiting
    const total = bytes
    waiting = []
    bytes = 0
    const [only] = lines
    if (lines.length === 1 && only !== undefined) full = !stream.write(only)
    else if (total <= COPY_LIMIT_BYTES) full = !stream.write(Buffer.concat(lines, total))
    else {
      // Corked writes leave as one writev: no copy of a large line.
      stream.cork()
      for (const line of lines) full = !stream.write(line) || full
      stream.uncork()
    }
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
