import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Resource, Resources } from '../oauth/resource.ts'

/**
 * What the new token is for: a part of what the subject token is for, never more. `resource` and `audience` name it (RFC 8693
 * §2.1), the latter by its URL or by the server's name; absent, it is all of it.
 * @param audience - the subject token's `aud`
 * @throws OAuthError `invalid_target` (RFC 8693 §2.2.2)
 */
export function exchangeTarget(resources: Resources, audience: string, params: Params): Resource {
  const own = resources.byUrl(audience)
  if (!own) throw refuse('the server that subject_token is for is no longer here', 'resource_gone')
  const byUrl = (params.resource?.split(' ') ?? []).map((url) => resources.byUrl(url))
  const byName = (params.audience?.split(' ') ?? []).map((name) => resources.byUrl(name) ?? resources.byName(name))
  const asked = new Set([...byUrl, ...byName])
  const [first = own] = asked
  if (asked.has(undefined)) throw refuse('resource or audience is not a server of this gateway', 'resource_foreign')
  if (asked.size > 1) throw refuse('ask for one resource or audience at a time', 'resource_several')
  if (first !== own && own !== resources.root) {
    throw refuse('resource or audience is not what subject_token is for', 'resource_outside_token')
  }
  return first
}

const refuse = (description: string, reason: string): OAuthError => new OAuthError('invalid_target', description, { reason })
