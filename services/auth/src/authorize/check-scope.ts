import type { Client } from '../oauth/client.ts'
import type { Resource } from '../oauth/resource.ts'
import { narrowScopes, parseScope } from '../oauth/scope.ts'

/**
 * What the person is asked for: never more than the resource offers. What is unknown is dropped, not refused (RFC 6749 §3.3
 * lets us), and nothing left means the resource's default. The `scope` a client registered for itself is no limit, because
 * it would stand in the way of a later step-up; the operator's for a configured client is one.
 */
export function checkScope(client: Client, resource: Resource, requested: string | undefined): string[] {
  const limit = client.source === 'configured' && client.scope !== undefined ? parseScope(client.scope) : undefined
  const offered = limit ? resource.scopes.filter((scope) => limit.includes(scope)) : resource.scopes
  return narrowScopes(parseScope(requested), offered.length > 0 ? offered : resource.scopes.slice(0, 1))
}
