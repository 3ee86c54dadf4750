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

/** @returns names and values in turn */
export function clientHeaders(upstream: Readonly<Record<string, string | string[] | undefined>>): string[] {
  const headers: string[] = []
  for (const [name, value] of Object.entries(upstream)) {
    if (typeof value === 'string' && PASSED.has(name)) headers.push(name, value)
  }
  if (String(upstream['content-type']).startsWith('text/event-stream')) headers.push('X-Accel-Buffering', 'no')
  return headers
}
