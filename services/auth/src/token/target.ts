import { OAuthError } from '../oauth/error.ts'
import type { Identity } from '../oauth/identity.ts'
import { mayUseResource, type Resource, type Resources } from '../oauth/resource.ts'

/**
 * What a token is for where nobody was asked before: the `resource` parameters name it (RFC 8707 §2); absent, it is the only
 * server, else every server that this one may use.
 * @param requested - the values, joined by spaces
 * @throws OAuthError `invalid_target`, also for a server whose `allow` does not have them
 */
export function targetOf(resources: Resources, requested: string | undefined, who: Identity): Resource {
  const found = new Set(requested === undefined ? [resources.fallback] : requested.split(' ').map((url) => resources.byUrl(url)))
  const [resource] = found
  if (found.has(undefined) || resource === undefined) {
    throw new OAuthError('invalid_target', 'resource is not a server of this gateway', { reason: 'resource_foreign' })
  }
  if (found.size > 1) throw new OAuthError('invalid_target', 'ask for one resource at a time', { reason: 'resource_several' })
  requireUse(resource, who)
  return resource
}

/** @throws OAuthError `invalid_target` when no server behind the resource lets them in */
export function requireUse(resource: Resource, who: Identity): void {
  if (mayUseResource(resource, who)) return
  throw new OAuthError('invalid_target', 'may use no server there; the operator adds them to its allow list', {
    reason: 'not_on_server_list',
  })
}
