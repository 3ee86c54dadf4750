import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { matchRedirectUri } from '../oauth/redirect-uri.ts'

/**
 * Where the answer goes. OAuth 2.1 §4.1.1: `redirect_uri` is "OPTIONAL if only one redirect URI is registered for this
 * client". Its port is free on loopback; everything else is byte-exact.
 * @returns the URI as sent
 * @throws OAuthError `invalid_request`, which is shown to the person and never redirected
 */
export function checkRedirectUri(client: Client, requested: string | undefined): string {
  const [only, ...others] = client.redirectUris
  if (requested === undefined) {
    if (only !== undefined && others.length === 0) return only
    throw new OAuthError('invalid_request', 'redirect_uri is missing', { reason: 'redirect_uri_missing' })
  }
  if (matchRedirectUri(client.redirectUris, requested) !== undefined) return requested
  throw new OAuthError('invalid_request', 'redirect_uri is not one that this client registered', {
    reason: 'redirect_uri_mismatch',
  })
}
