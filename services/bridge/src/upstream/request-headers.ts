import type { IncomingHttpHeaders } from 'node:http'

/** What of a client's request an upstream server gets to see. Everything else stays here: tokens, cookies, X-Auth-*. */
const PASSED = new Set(['accept', 'content-type', 'last-event-id'])

/**
 * Headers of the request to an upstream server.
 * @param isVerified - the assertion has been checked and may go along
 * @param configured - from the servers file; they win, so an `Authorization` there is the operator's own
 */
export function upstreamHeaders(
  client: IncomingHttpHeaders,
  isVerified: boolean,
  requestId: string,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(client)) {
    if (typeof value === 'string' && (PASSED.has(name) || name.startsWith('mcp-'))) headers[name] = value
  }
  const assertion = client['x-auth-assertion']
  if (isVerified && typeof assertion === 'string') headers['x-auth-assertion'] = assertion
  headers['x-request-id'] = requestId
  for (const [name, value] of Object.entries(configured)) headers[name.toLowerCase()] = value
  return headers
}
