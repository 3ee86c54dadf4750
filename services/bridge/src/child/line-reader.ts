/**
 * Cuts a byte stream into lines. Works on bytes, so a character split over two chunks stays whole; looks at every byte
 * once, however many chunks a line needs. The line end, a carriage return before it and blanks around it are not part
 * of the line; blank lines are left out.
 */
export interface LineReader {
  push(chunk: Buffer): void
  /** The unfinished last line, if any; nothing is held afterwards. */
  rest(): Buffer | undefined
}

const NEWLINE = 0x0a

/**
 * @param onLine - the line may be a view of a chunk: keep a copy, not the view
 * @param onOverlong - a line outgrew maxLineBytes; nothing more is read after that
 */
export function createLineReader(maxLineBytes: number, onLine: (line: Buffer) => void, onOverlong: () => void): LineReader {
  let held: Buffer[] = []
  let heldBytes = 0
  let overlong = false

  const join = (last: Buffer): Buffer => {
    if (heldBytes === 0) return last
    held.push(last)
    const line = Buffer.concat(held, heldBytes + last.length)
    held = []
    heldBytes = 0
    return line
  }

  return {
    push(chunk) {
      if (overlong) return
      let start = 0
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const line = trim(join(chunk.subarray(start, end)))
        start = end + 1
        if (line.length > 0) onLine(line)
      }
      if (start === chunk.length) return
      held.push(start === 0 ? chunk : chunk.subarray(start))
      heldBytes += chunk.length - start
      if (heldBytes <= maxLineBytes) return
      overlong = true
      held = []
      heldBytes = 0
      onOverlong()
    },
    rest() {
      const line = trim(join(Buffer.alloc(0)))
      return line.length === 0 ? undefined : line
    },
  }
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0d || byte === 0x09

function trim(line: Buffer): Buffer {
  let start = 0
  let end = line.length
  while (end > start && isBlank(line[end - 1])) end--
  while (start < end && isBlank(line[start])) start++
  return start === 0 && end === line.length ? line : line.subarray(start, end)
}
