/** Replaces `start` … `end` (end excluded) by ASCII text. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A copy of `bytes` with every edit applied and one line feed at its end: a line for a child. */
export function spliceLine(bytes: Buffer, edits: readonly Edit[]): Buffer {
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
