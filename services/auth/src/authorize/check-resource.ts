import { OAuthError } from '../oauth/error.ts'
import type { Resource, Resources } from '../oauth/resource.ts'

/**
 * What the token will be for (RFC 8707 §2). Absent: the only server, else the root. The same one may be named several
 * times; a token has one audience, so different ones are refused.
 * @param requested - the values, joined by a space
 * @throws OAuthError `invalid_target`
 */
export function checkResource(resources: Resources, requested: string | undefined): Resource {
  if (requested === undefined) return resources.fallback
  const found = new Set(requested.split(' ').map((url) => resources.byUrl(url)))
  const [resource] = found
  if (found.size === 1 && resource) return resource
  throw found.has(undefined)
    ? new OAuthError('invalid_target', 'resource is not a server of this gateway', { reason: 'resource_foreign' })
    : new OAuthError('invalid_target', 'ask for one resource at a time', { reason: 'resource_several' })
}
