/** What of an upstream server's response its client gets to see. No cookies, no challenges, no CORS of its own. */
const PASSED = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'mcp-session-id',
  'mcp-protocol-version',
  'retry-after',
  'allow',
  'vary',
])

type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Its client must see the head before there is anything to say. */
export const isEventStream = (upstream: UpstreamHeaders): boolean =>
  String(upstream['content-type']).startsWith('text/event-stream')

/** @returns names and values in turn */
export function clientHeaders(upstream: UpstreamHeaders): string[] {
  const headers: string[] = []
  for (const [name, value] of Object.entries(upstream)) {
    if (typeof value === 'string' && PASSED.has(name)) headers.push(name, value)
  }
  if (isEventStream(upstream)) headers.push('X-Accel-Buffering', 'no')
  return headers
}
