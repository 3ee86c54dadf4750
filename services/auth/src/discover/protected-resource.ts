import { PROOF_ALGORITHMS } from '../dpop/algorithms.ts'
import type { Resource } from '../oauth/resource.ts'

/**
 * Protected resource metadata (RFC 9728 §2) of a server or of the root resource.
 * @param url - the resource as the client spells it: with a trailing slash when it asked that way, because clients compare
 *   this with the URL that was typed
 */
export const protectedResourceMetadata = (resource: Resource, url: string, issuer: string) => ({
  resource: url,
  // One entry, byte for byte the issuer: Python and TypeScript SDKs compare them as strings.
  authorization_servers: [issuer],
  ...(resource.scopes.length > 0 ? { scopes_supported: resource.scopes } : {}),
  bearer_methods_supported: ['header'],
  // Whoever wants to: no server asks for it (`dpop_bound_access_tokens_required`).
  dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
  resource_name: resource.server?.name ?? 'Gatehouse',
})
