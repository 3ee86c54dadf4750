import type { RegisteredClient } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import type { ClientStore } from '../store/client-store.ts'
import { type Offer, readClientMetadata } from './client-metadata.ts'
import { hashOf, hasSecret, newClientSecret, toRegisteredClient } from './registered-client.ts'

/**
 * Replaces a client's metadata (RFC 7592 §2.2): what the body leaves out is gone. A client that had a secret keeps it; one
 * that begins to need one gets it, once, in the answer.
 * @throws OAuthError `invalid_client_metadata` when the body is for another client, or carries a secret that is not the client's
 */
export async function updateClient(
  clients: ClientStore,
  client: RegisteredClient,
  body: unknown,
  offer: Offer,
): Promise<{ readonly updated: RegisteredClient; readonly clientSecret: string | undefined }> {
  const metadata = readClientMetadata(body, offer)
  const { client_id, client_secret } = body as Record<string, unknown>
  if (client_id !== client.clientId) {
    throw new OAuthError('invalid_client_metadata', 'client_id must be there and be that of this client', {
      reason: 'client_id_mismatch',
    })
  }
  // "If the client includes the "client_secret" field in the request, the value of this field MUST match the currently
  // issued client secret for that client."
  const isOwnSecret = (secret: unknown) =>
    typeof secret === 'string' && client.secretHash !== undefined && equalDigests(sha256(secret), client.secretHash)
  if (client_secret !== undefined && !isOwnSecret(client_secret)) {
    throw new OAuthError('invalid_client_metadata', 'client_secret is not the one that was issued', {
      reason: 'client_secret_mismatch',
    })
  }
  const needsSecret = hasSecret(metadata)
  const clientSecret = needsSecret && client.secretHash === undefined ? newClientSecret() : undefined
  const { clientId, createdAt, registrationTokenHashes } = client
  const secretHash = needsSecret ? (hashOf(clientSecret) ?? client.secretHash) : undefined
  const updated = toRegisteredClient(metadata, { clientId, createdAt, registrationTokenHashes }, secretHash)
  if (!(await clients.update(updated))) {
    throw new OAuthError('invalid_token', 'the client is gone', {
      reason: 'client_gone',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    })
  }
  return { updated, clientSecret }
}
