import type { VerifyRequest } from './answer.ts'

/** The revision whose clients say in headers what they call (SEP-2243); older ones may send them too, without meaning. */
const HEADERS_COUNT_SINCE = '2026-07-28'

/** Header values that are no plain ASCII travel as `=?base64?…?=`. */
const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/

/**
 * The tool that a request says it calls; undefined when it says nothing we can rely on. The bridge holds the body against the
 * same headers, so a lie here is found there.
 */
export function requestedTool(request: VerifyRequest): string | undefined {
  if (request.protocolVersion !== HEADERS_COUNT_SINCE || request.mcpMethod !== 'tools/call') return undefined
  const encoded = ENCODED.exec(request.mcpName ?? '')?.[1]
  return encoded === undefined ? request.mcpName : Buffer.from(encoded, 'base64').toString('utf8')
}
