import { OAuthError } from '../oauth/error.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Resource, Resources } from '../oauth/resource.ts'

/**
 * What an access token of a grant is for: the grant's resource, or, out of "every server", the one that is asked for
 * (RFC 8707 §2.2). Compared as /authorize does, so `https://host/` is `https://host`.
 * @param requested - the `resource` parameters, joined by spaces; absent = the grant's own
 * @throws OAuthError `invalid_target` for one outside the grant, `invalid_grant` when the grant's resource is no longer served
 */
export function audienceOf(resources: Resources, grant: Grant, requested: string | undefined): Resource {
  const own = resources.byUrl(grant.resource)
  if (!own) {
    throw new OAuthError('invalid_grant', 'the server this sign-in was for is no longer here', { reason: 'resource_gone' })
  }
  if (requested === undefined) return own
  const asked = new Set(
    requested.split(' ').map((url) => {
      const resource = resources.byUrl(url)
      if (resource && (resource === own || own === resources.root)) return resource
      throw new OAuthError('invalid_target', 'resource is not what this sign-in is for', { reason: 'resource_outside_grant' })
    }),
  )
  const [first] = asked
  return asked.size === 1 && first ? first : own
}
