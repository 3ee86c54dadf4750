import type { Exchange } from './exchange.ts'

/** Up to here a body is cheaper as text in one write with the head; above, as bytes in a write of its own. */
export const SMALL_BODY_BYTES = 16 * 1024

const NONE: readonly string[] = []

/** Answers with JSON text in ASCII or, as `latin1`, with UTF-8 bytes that were read as such. */
export function replyJsonText(
  exchange: Exchange,
  status: number,
  body: string,
  encoding: 'latin1' | 'utf8',
  extra: readonly string[] = NONE,
): void {
  const { res } = exchange
  if (res.destroyed || res.headersSent) return
  const length = encoding === 'latin1' ? body.length : Buffer.byteLength(body)
  res.writeHead(status, headersOf(exchange, ['Content-Type', 'application/json', 'Content-Length', String(length)], extra))
  res.end(body, encoding)
}

/** Answers with JSON in pieces, uncopied. The last write may leave bytes waiting in the response. */
export function replyJsonBytes(exchange: Exchange, pieces: readonly Buffer[], extra: readonly string[] = NONE): void {
  const { res } = exchange
  if (res.destroyed || res.headersSent) return
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  res.writeHead(200, headersOf(exchange, ['Content-Type', 'application/json', 'Content-Length', String(length)], extra))
  res.cork()
  for (const piece of pieces) res.write(piece)
  res.end()
  res.uncork()
}

/** 202 to notifications and responses, 204 to DELETE and preflights: no body. */
export function replyEmpty(exchange: Exchange, status: number, extra: readonly string[] = NONE): void {
  const { res } = exchange
  if (res.destroyed || res.headersSent) return
  res.writeHead(status, headersOf(exchange, status === 204 ? [] : ['Content-Length', '0'], extra))
  res.end()
}

/** Names and values in turn: the form that node:http takes without building a table first. */
export function headersOf(exchange: Exchange, own: string[], extra: readonly string[]): string[] {
  own.push('X-Request-Id', exchange.requestId, 'Cache-Control', 'no-store')
  if (exchange.fromBrowser) own.push(...CORS)
  if (extra.length > 0) own.push(...extra)
  return own
}

/** Without credentials `*` is safe: who calls is decided by a header that no page can make a browser send by itself. */
export const CORS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce, X-Request-Id',
]
