/** Longer ones are no addresses that anybody types or stores. */
const MAX_LENGTH = 2048

/**
 * Scheme, host, port, path and query as they are written (RFC 3986 §3, Appendix A): no user information, no fragment, no
 * backslash, space or control, nothing above ASCII, no broken `%`. Judged on the text, because a parser repairs what it reads:
 * it turns `127.1`, `0x7f.1` and `①②⑦.0.0.1` into an address, `\` into `/`, and swallows tabs.
 */
const PARTS =
  /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?((?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+)(\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?$/

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** A name in lower case whose last label begins with a letter: no spelling of an IPv4 address ends so. */
const HOST_NAME = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** The address of somebody's document, in parts that go into the request as they are. */
export interface DocumentUrl {
  /** As it was written. */
  readonly text: string
  readonly isTls: boolean
  /** Lower case. An IPv6 address without brackets. */
  readonly host: string
  readonly isIpLiteral: boolean
  readonly port: number
  /** With the query. */
  readonly path: string
}

/**
 * Takes the address of a document apart; undefined when it is not written in the one way that means the same to everybody.
 * Whether it may be fetched is another question.
 */
export function readDocumentUrl(text: string): DocumentUrl | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const [, scheme, written = '', digits, path = '', query = ''] = PARTS.exec(text) ?? []
  if (scheme === undefined || hasDotSegment(path)) return undefined
  const isTls = scheme === 'https'
  const isIpLiteral = written.startsWith('[') || IPV4.test(written)
  if (!isIpLiteral && !HOST_NAME.test(written)) return undefined
  const port = digits === undefined ? (isTls ? 443 : 80) : Number(digits)
  if (port > 65_535) return undefined
  // What a parser makes of it must be what is written, or two readers could go to two hosts.
  if (!URL.canParse(text) || new URL(text).hostname !== written) return undefined
  return { text, isTls, host: written.replace(/^\[|\]$/g, ''), isIpLiteral, port, path: `${path}${query}` }
}

/** `.` and `..`, plain or encoded, whatever a server takes for a separator. */
const hasDotSegment = (path: string): boolean =>
  path
    .replace(/%2e/gi, '.')
    .split(/\/|%2f|%5c/i)
    .some((segment) => segment === '.' || segment === '..')
