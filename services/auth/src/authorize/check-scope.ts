import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Resource } from '../oauth/resource.ts'
import { narrowScopes, parseScope } from '../oauth/scope.ts'

/**
 * What the person is asked for: never more than the resource offers. What is unknown is dropped, not refused (RFC 6749 §3.3
 * lets us), and nothing left means the resource's default. The `scope` a client registered for itself is no limit, because
 * it would stand in the way of a later step-up; the operator's for a configured client is one.
 * @throws OAuthError `invalid_scope` when the operator's limit leaves nothing of what the resource offers
 */
export function checkScope(client: Client, resource: Resource, requested: string | undefined): string[] {
  const limit = client.source === 'configured' && client.scope !== undefined ? parseScope(client.scope) : undefined
  const offered = limit ? resource.scopes.filter((scope) => limit.includes(scope)) : resource.scopes
  if (limit && offered.length === 0) {
    throw new OAuthError('invalid_scope', 'the operator lets this client have none of the scopes of this server', {
      reason: 'no_scope_left',
    })
  }
  return narrowScopes(parseScope(requested), offered)
}
