/** Replaces `start` … `end` (end excluded) by ASCII text. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Up to here text is cheaper to put together than bytes. */
const TEXT_LIMIT_BYTES = 8 * 1024

/**
 * A copy of `bytes` with every edit applied and one line feed at its end: a line for a child.
 * @param edits - in the order of their places
 * @returns a short one as text in which every character is a byte (latin1)
 */
export function spliceLine(bytes: Buffer, edits: readonly Edit[]): Buffer | string {
  return bytes.length <= TEXT_LIMIT_BYTES ? spliceText(bytes, edits) : spliceBytes(bytes, edits)
}

function spliceText(bytes: Buffer, edits: readonly Edit[]): string {
  let line = ''
  let from = 0
  for (const { start, end, text } of edits) {
    line += bytes.toString('latin1', from, start) + text
    from = end
  }
  return `${line}${bytes.toString('latin1', from, bytes.length)}\n`
}

function spliceBytes(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let length = bytes.length + 1
  for (const { start, end, text } of edits) length += text.length - (end - start)
  const line = Buffer.allocUnsafe(length)
  let from = 0
  let to = 0
  for (const { start, end, text } of edits) {
    to += bytes.copy(line, to, from, start)
    to += line.write(text, to, 'latin1')
    from = end
  }
  to += bytes.copy(line, to, from)
  line[to] = 0x0a
  return line
}

/** In the order in which spliceLine takes them. */
export const inOrder = (first: Edit, second: Edit): Edit[] => (first.start < second.start ? [first, second] : [second, first])
