import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Resource } from '../oauth/resource.ts'
import { parseScope } from '../oauth/scope.ts'

export interface ClientScopes {
  /** All that it may have there. */
  readonly most: readonly string[]
  /** What this token gets of it. */
  readonly granted: readonly string[]
}

/**
 * The scopes of a token where no person is asked: what the resource offers, no more than the operator's file names for the
 * client, no more than `limit`. Scopes that are not among these are left out, not refused, as at /authorize; nothing left, or
 * nothing asked for, is all that was named for it, and the resource's first where nothing was.
 * @param limit - what else bounds it, such as the scopes of an assertion
 * @throws OAuthError `invalid_scope` when the bounds leave nothing of what the resource offers
 */
export function clientScopes(
  client: Pick<Client, 'source' | 'scope'>,
  resource: Pick<Resource, 'scopes'>,
  requested: string | undefined,
  limit?: readonly string[],
): ClientScopes {
  const named = client.source === 'configured' && client.scope !== undefined ? parseScope(client.scope) : undefined
  const bounds = [named, limit].filter((bound) => bound !== undefined)
  const most = resource.scopes.filter((scope) => bounds.every((bound) => bound.includes(scope)))
  if (most.length === 0) {
    const sentence = `none of the scopes that it may have is one of this resource; those are: ${resource.scopes.join(' ')}`
    throw new OAuthError('invalid_scope', sentence, { reason: 'no_scope_left' })
  }
  const asked = parseScope(requested)
  const kept = most.filter((scope) => asked.includes(scope))
  if (kept.length > 0) return { most, granted: kept }
  return { most, granted: bounds.length > 0 ? most : most.slice(0, 1) }
}
