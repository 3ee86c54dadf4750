import type { Client, ClientAuthMethod } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import { type BasicCredentials, readBasic } from './basic-credentials.ts'
import type { ClientDirectory } from './client-directory.ts'

interface ClientParams {
  readonly client_id?: string | undefined
  readonly client_secret?: string | undefined
}

/**
 * Finds out which client calls, and that it is the one.
 * @param authorization - the Authorization header
 * @param params - the form
 * @throws OAuthError `invalid_client` 401, `invalid_request`
 */
export type AuthenticateClient = (authorization: string | undefined, params: ClientParams) => Promise<Client>

export const createClientAuthenticator =
  (clients: ClientDirectory): AuthenticateClient =>
  (authorization, params) =>
    authenticateClient(clients, authorization, params)

/**
 * Finds out which client calls, and that it is the one: by secret (HTTP Basic or form) where it has one, by name alone where
 * it is public. The method must be the registered one. Whoever reads the answer cannot tell an unknown client from a wrong
 * secret, by text or by time.
 * @throws OAuthError `invalid_client` 401 (the client must register again or is not itself), or `invalid_request` when two
 *   methods are used at once (RFC 6749 §2.3)
 */
export async function authenticateClient(
  clients: ClientDirectory,
  authorization: string | undefined,
  params: ClientParams,
): Promise<Client> {
  const usedHeader = authorization !== undefined
  const basic = usedHeader ? readBasic(authorization) : undefined
  if (usedHeader && !basic) throw refuse('client_credentials_unreadable', usedHeader)
  if (basic && params.client_secret !== undefined) {
    throw new OAuthError('invalid_request', 'the client must authenticate in one way, not two', {
      reason: 'two_client_credentials',
    })
  }
  if (basic && params.client_id !== undefined && !basic.some(({ clientId }) => clientId === params.client_id)) {
    throw new OAuthError('invalid_request', 'client_id is not the one of the Authorization header', { reason: 'two_client_ids' })
  }
  const attempts = basic ?? [{ clientId: params.client_id ?? '', secret: params.client_secret ?? '' }]
  if (attempts[0].clientId === '') throw refuse('client_id_missing', usedHeader)
  for (const { clientId, secret } of attempts) {
    const client = await clients.find(clientId)
    if (!client) continue
    const method = methodUsed(basic, secret)
    // A public client may send its empty secret by Basic; it proves and harms nothing.
    if (method !== client.tokenEndpointAuthMethod && !(client.tokenEndpointAuthMethod === 'none' && secret === '')) {
      throw refuse('client_auth_method', usedHeader)
    }
    if (client.tokenEndpointAuthMethod === 'none') return client
    const isRight = attempts.some(
      (attempt) => client.secretHash !== undefined && equalDigests(sha256(attempt.secret), client.secretHash),
    )
    if (!isRight) throw refuse('client_secret_wrong', usedHeader)
    return client
  }
  throw refuse('client_unknown', usedHeader)
}

const methodUsed = (basic: BasicCredentials | undefined, secret: string): ClientAuthMethod =>
  basic ? 'client_secret_basic' : secret !== '' ? 'client_secret_post' : 'none'

/** RFC 6749 §5.2: where the Authorization header was used, the 401 names the scheme. */
const refuse = (reason: string, usedHeader: boolean): OAuthError =>
  new OAuthError(
    'invalid_client',
    'the client is unknown or did not prove that it is itself; register again or check its secret',
    {
      reason,
      headers: usedHeader ? { 'www-authenticate': 'Basic realm="Gatehouse"' } : {},
    },
  )
