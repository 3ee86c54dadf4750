import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from '../../wire/refusal.ts'
import { RPC } from '../../wire/rpc-error.ts'

/** Revisions whose clients open a session with `initialize`, the newest first. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

/**
 * "If the server receives a request with an invalid or unsupported MCP-Protocol-Version, it MUST respond with 400 Bad
 * Request." Absent is fine: 2025-03-26 has no such header, and the session knows its version.
 * @throws Refusal 400
 */
export function checkVersionHeader(headers: IncomingHttpHeaders): void {
  const version = headers['mcp-protocol-version']
  if (version === undefined || (typeof version === 'string' && LEGACY_VERSIONS.includes(version))) return
  throw new Refusal(400, RPC.unsupportedProtocolVersion, 'This MCP-Protocol-Version is not one of this session.', {
    reason: 'protocol_version',
    data: { supported: LEGACY_VERSIONS, requested: String(version).slice(0, 64) },
  })
}
