import type { RegisteredClient } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import type { ClientStore } from '../store/client-store.ts'

const BEARER = /^bearer +(rat_[A-Za-z0-9_-]{43})$/i

/**
 * Finds the client that a registration access token may manage (RFC 7592 §2).
 * @throws OAuthError 401, the same for a made-up token, another client's and an unknown client (REG-13)
 */
export async function checkRegistrationToken(
  clients: ClientStore,
  clientId: string,
  authorization: string | undefined,
): Promise<{ readonly client: RegisteredClient; readonly registrationToken: string }> {
  const registrationToken = BEARER.exec(authorization ?? '')?.[1]
  if (registrationToken !== undefined) {
    const client = await clients.find(clientId)
    const presented = sha256(registrationToken)
    if (client?.registrationTokenHashes.some((hash) => equalDigests(hash, presented))) return { client, registrationToken }
  }
  throw new OAuthError('invalid_token', 'send the registration access token of this client as bearer', {
    reason: registrationToken === undefined ? 'registration_token_missing' : 'registration_token_wrong',
    // RFC 6750 §3.1: no error code for a request without any credentials.
    headers: { 'www-authenticate': authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"' },
  })
}
