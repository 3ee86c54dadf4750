import type { IncomingHttpHeaders } from 'node:http'
import type { Message } from '../wire/read-message.ts'
import { Refusal } from '../wire/refusal.ts'
import { RPC } from '../wire/rpc-error.ts'
import { LEGACY_VERSIONS } from './rev-2025-11-25/versions.ts'

export type RevisionName = 'rev-2025-11-25'

/**
 * Which revision a message is for. `initialize` and a session id are of the era of sessions whatever else is said; else
 * the version header tells. Mcp-Method tells nothing: some clients send it in either era.
 * @throws Refusal 400 for a revision that is not served; it lists those that are, so that clients fall back to
 *   `initialize`. Never 401, 403 or 5xx: clients take those for an answer about sign-in or health.
 */
export function pickRevision(headers: IncomingHttpHeaders, message: Message): RevisionName {
  if (message.method === 'initialize' || headers['mcp-session-id'] !== undefined) return 'rev-2025-11-25'
  const version = headers['mcp-protocol-version']
  if (message.method !== 'server/discover' && (version === undefined || LEGACY_VERSIONS.includes(String(version)))) {
    return 'rev-2025-11-25'
  }
  const requested = typeof version === 'string' ? version.slice(0, 64) : message.method
  throw new Refusal(400, RPC.unsupportedProtocolVersion, 'This server speaks the revisions with sessions: send "initialize".', {
    reason: 'revision',
    data: { supported: LEGACY_VERSIONS, requested },
  })
}
