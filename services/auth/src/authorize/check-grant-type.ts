import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'

/**
 * A code is for clients that redeem codes: nobody is asked for one that /token would refuse.
 * @throws OAuthError `unauthorized_client` (RFC 6749 §4.1.2.1)
 */
export function checkGrantType({ grantTypes }: Client): void {
  if (grantTypes.includes('authorization_code')) return
  throw new OAuthError('unauthorized_client', 'the client is not registered for authorization_code', {
    reason: 'code_grant_not_registered',
  })
}
