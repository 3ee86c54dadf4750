/**
 * Finds members of a JSON object in its bytes without building values. What is scanned must be valid JSON where it
 * matters: a client's body has been through JSON.parse, a child's line is only passed on to its own client. On anything
 * else the answer is `undefined` or meaningless positions inside the text, never an endless loop or a throw.
 */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One member: its key, escapes resolved, and where its value stands, without the space around it. */
export interface Member extends Span {
  readonly key: string
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

/** Within a string, how far to look byte by byte before the search that is faster for long ones. */
const SHORT_STRING_BYTES = 48

/** The members of the object that starts at `from`, in order, duplicates included. */
export function membersOf(bytes: Buffer, from: number): Member[] | undefined {
  if (bytes[from] !== OPEN_BRACE) return undefined
  const members: Member[] = []
  let at = skipSpace(bytes, from + 1)
  if (bytes[at] === CLOSE_BRACE) return members
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined
    const keyEnd = endOfString(bytes, at)
    const colon = skipSpace(bytes, keyEnd)
    if (bytes[colon] !== COLON) return undefined
    const start = skipSpace(bytes, colon + 1)
    const end = endOfValue(bytes, start)
    if (end <= start) return undefined
    members.push({ key: keyAt(bytes, at + 1, keyEnd - 1), start, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_BRACE) return members
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1)
  }
}

/** Keys that nearly every message has, by length: no text is built for them. */
const USUAL_KEYS: readonly (readonly string[])[] = Array.from({ length: 14 }, (_none, length) =>
  ['id', 'name', '_meta', 'error', 'method', 'params', 'result', 'jsonrpc', 'arguments', 'progressToken'].filter(
    (key) => key.length === length,
  ),
)

/** The key between its quotes; escapes in it are resolved. */
function keyAt(bytes: Buffer, start: number, end: number): string {
  const usual = USUAL_KEYS[end - start]?.find((key) => standsAt(bytes, key, start))
  if (usual !== undefined) return usual
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH || byte === undefined || byte >= 0x80) {
      try {
        return String(JSON.parse(bytes.toString('utf8', start - 1, end + 1)))
      } catch {
        return ''
      }
    }
  }
  return bytes.toString('latin1', start, end)
}

/** Whether ASCII text stands at a position. */
export function standsAt(bytes: Buffer, text: string, from: number): boolean {
  if (from < 0) return false
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false
  return true
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** @returns the position after the closing quote; the end of the bytes when there is none */
function endOfString(bytes: Buffer, opening: number): number {
  const near = Math.min(bytes.length, opening + SHORT_STRING_BYTES)
  let at = opening + 1
  while (at < near) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return bytes.length
    let backslashes = 0
    while (quote - 1 - backslashes >= at && bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

/** @returns the position after the value that starts at `from` */
function endOfValue(bytes: Buffer, from: number): number {
  const first = bytes[from]
  if (first === QUOTE) return endOfString(bytes, from)
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let at = from
    for (;;) {
      const byte = bytes[at]
      if (byte === undefined || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) return at
      at++
    }
  }
  let depth = 0
  for (let at = from; at < bytes.length; ) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = endOfString(bytes, at)
      continue
    }
    at++
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at
  }
  return bytes.length
}
