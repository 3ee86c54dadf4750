import { type Member, membersOf, type Span, standsAt } from './json-scan.ts'

/** One line of a child, as far as the bridge must understand it. */
export type ChildLine =
  | {
      readonly kind: 'answer'
      /** The number that the bridge put in. */
      readonly id: number
      readonly at: Span
      /** It is a JSON-RPC error. */
      readonly failed: boolean
    }
  | { readonly kind: 'request'; readonly id: Span }
  | {
      readonly kind: 'notification'
      readonly method: string
      /** Where `params.progressToken` of a progress notification, or `params.requestId` of a cancellation, stands. */
      readonly subject: Span | undefined
    }
  | { readonly kind: 'junk' }

const JUNK: ChildLine = { kind: 'junk' }

/**
 * Reads a line without parsing it. The two shapes that nearly every server writes are recognised at their ends, whatever
 * their length; others are scanned member by member.
 */
export function readChildLine(line: Buffer): ChildLine {
  if (line[0] !== 0x7b || line[line.length - 1] !== 0x7d) return JUNK
  return idLast(line) ?? idFirst(line) ?? scan(line)
}

/** `{"result":…,"jsonrpc":"2.0","id":7}`, the official TypeScript SDK. The last `}` closes the object, so the id is its own. */
function idLast(line: Buffer): ChildLine | undefined {
  const failed = standsAt(line, '{"error":', 0)
  if (!failed && !standsAt(line, '{"result":', 0)) return undefined
  const end = line.length - 1
  let start = end
  while (isDigit(line[start - 1])) start--
  if (start === end || !standsAt(line, ',"id":', start - 6)) return undefined
  return { kind: 'answer', id: numberAt(line, start, end), at: { start, end }, failed }
}

/** `{"jsonrpc":"2.0","id":7,"result":…}`: Python, Go, Rust and most handwritten servers. */
function idFirst(line: Buffer): ChildLine | undefined {
  const head = '{"jsonrpc":"2.0","id":'
  if (!standsAt(line, head, 0)) return undefined
  const start = head.length
  let end = start
  while (isDigit(line[end])) end++
  if (end === start) return undefined
  const failed = standsAt(line, ',"error":', end)
  if (!failed && !standsAt(line, ',"result":', end)) return undefined
  return { kind: 'answer', id: numberAt(line, start, end), at: { start, end }, failed }
}

function scan(line: Buffer): ChildLine {
  const members = membersOf(line, 0)
  if (members === undefined) return JUNK
  let id: Member | undefined
  let method: Member | undefined
  let params: Member | undefined
  let result = false
  let failed = false
  for (const member of members) {
    const { key } = member
    if (key === 'id') id = member
    else if (key === 'method') method = member
    else if (key === 'params') params = member
    else if (key === 'result') result = true
    else if (key === 'error') failed = true
  }
  if (method !== undefined) {
    if (id !== undefined) return { kind: 'request', id }
    const name = line.toString('utf8', method.start + 1, method.end - 1)
    return { kind: 'notification', method: name, subject: params && subjectOf(line, name, params.start) }
  }
  if (id === undefined || (!result && !failed)) return JUNK
  const number = numberAt(line, id.start, id.end)
  return Number.isNaN(number) ? JUNK : { kind: 'answer', id: number, at: id, failed: failed && !result }
}

const SUBJECTS: Readonly<Record<string, string>> = {
  'notifications/progress': 'progressToken',
  'notifications/cancelled': 'requestId',
}

function subjectOf(line: Buffer, method: string, params: number): Span | undefined {
  const wanted = SUBJECTS[method]
  if (wanted === undefined) return undefined
  return membersOf(line, params)?.find(({ key }) => key === wanted)
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/** The whole number that stands there, NaN for anything else. */
export function numberAt(line: Buffer, start: number, end: number): number {
  let number = 0
  if (end <= start || end - start > 15) return Number.NaN
  for (let at = start; at < end; at++) {
    const byte = line[at]
    if (byte === undefined || byte < 0x30 || byte > 0x39) return Number.NaN
    number = number * 10 + byte - 0x30
  }
  return number
}
