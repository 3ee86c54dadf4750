import type { Server } from '@gatehouse/servers'
import type { Identity } from '../assertion/identity.ts'
import type { Message } from '../wire/read-message.ts'
import { Refusal } from '../wire/refusal.ts'
import { RPC } from '../wire/rpc-error.ts'

/**
 * Applies the operator's rules to what the body says. By method, not by kind: a server may well run a tools/call that
 * came without an id.
 * @throws Refusal 403 `insufficient_scope` where another grant could help; 200 with a JSON-RPC error where none could,
 *   because clients take a plain 403 for a lost registration
 */
export function checkPolicy(server: Server, identity: Identity, resourceMetadata: string, message: Message): void {
  const decision = identity.decide(server, toolOf(message))
  if (decision.outcome === 'allow') return
  if (decision.outcome === 'step-up') throw insufficientScope(identity, decision.missingScopes, resourceMetadata)
  const status = message.kind === 'request' ? 200 : 400
  throw new Refusal(status, RPC.refusedByPolicy, decision.sentence, { reason: decision.reason })
}

/**
 * The same for GET, which has no body and so no tool. A session whose owner may no longer use the server is gone: the
 * client then starts anew and is told why.
 */
export function checkPolicyWithoutBody(server: Server, identity: Identity, resourceMetadata: string): void {
  const decision = identity.decide(server, undefined)
  if (decision.outcome === 'allow') return
  if (decision.outcome === 'step-up') throw insufficientScope(identity, decision.missingScopes, resourceMetadata)
  throw new Refusal(404, RPC.refusedByPolicy, decision.sentence, { reason: decision.reason })
}

function toolOf(message: Message): string | undefined {
  if (message.method !== 'tools/call') return undefined
  const name = message.params?.name
  if (typeof name === 'string') return name
  throw new Refusal(400, RPC.invalidParams, 'A tools/call must name its tool in "params.name".', { reason: 'tool_without_name' })
}

/** RFC 6750 §3.1. `scope` repeats what the token has: some clients replace their scopes by it, others unite. */
function insufficientScope(identity: Identity, missing: readonly string[], resourceMetadata: string): Refusal {
  const scope = [...new Set([...identity.scopes, ...missing])].join(' ')
  return new Refusal(403, RPC.refusedByPolicy, `This needs the scope ${missing.join(' ')}.`, {
    reason: 'insufficient_scope',
    headers: ['WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${resourceMetadata}"`],
  })
}
