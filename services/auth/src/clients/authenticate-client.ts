import { FetchFault } from '../fetch/fetch-fault.ts'
import type { Client, ClientAuthMethod } from '../oauth/client.ts'
import { authMethodsOf, isConfidential } from '../oauth/confidential.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import { type BasicCredentials, readBasic } from './basic-credentials.ts'
import {
  CLIENT_ASSERTION_TYPE,
  ClientAssertionFault,
  type ClientAssertionOptions,
  checkClientAssertion,
  subjectOf,
} from './client-assertion.ts'
import type { ClientDirectory } from './client-directory.ts'

interface ClientParams {
  readonly client_id?: string | undefined
  readonly client_secret?: string | undefined
  readonly client_assertion?: string | undefined
  readonly client_assertion_type?: string | undefined
}

/**
 * Finds out which client calls, and that it is the one: by a signed assertion where it has keys, by secret (HTTP Basic or form)
 * where it has one, by name alone where it is public. The method must be one of the client's own. Whoever reads the answer
 * cannot tell an unknown client from a wrong secret, by text or by time.
 * @param authorization - the Authorization header
 * @param params - the form
 * @throws OAuthError `invalid_client` 401 (the client must register again or is not itself), `invalid_request` when two methods
 *   are used at once (RFC 6749 §2.3), or `temporarily_unavailable` when its document or its keys cannot be had right now
 */
export type AuthenticateClient = (authorization: string | undefined, params: ClientParams) => Promise<Client>

export const createClientAuthenticator =
  (clients: Pick<ClientDirectory, 'find'>, assertions: ClientAssertionOptions): AuthenticateClient =>
  async (authorization, params) => {
    const { client_assertion: assertion, client_assertion_type: type } = params
    if (assertion === undefined && type === undefined) return authenticateByName(clients, authorization, params)
    if (authorization !== undefined || params.client_secret !== undefined) throw twoCredentials()
    if (type !== CLIENT_ASSERTION_TYPE) throw refuse('client_assertion_type', false)
    return authenticateByAssertion(clients, assertion ?? '', params.client_id, assertions)
  }

/** RFC 7523 §3, RFC 7521 §4.2: `client_id` may be left out, the assertion names the client. */
async function authenticateByAssertion(
  clients: Pick<ClientDirectory, 'find'>,
  assertion: string,
  clientId: string | undefined,
  assertions: ClientAssertionOptions,
): Promise<Client> {
  const subject = subjectOf(assertion)
  if (subject === undefined) throw refuse('client_assertion_unreadable', false)
  if (clientId !== undefined && clientId !== subject) throw twoIds('client_id is not the one of the client assertion')
  const client = await clients.find(subject)
  if (!client) throw refuse('client_unknown', false)
  if (!authMethodsOf(client).includes('private_key_jwt')) throw refuse('client_auth_method', false)
  try {
    await checkClientAssertion(assertion, client, assertions)
  } catch (error) {
    if (error instanceof ClientAssertionFault) throw refuse(error.reason, false, error)
    if (!(error instanceof FetchFault)) throw error
    // Where the client may come without any proof, one that nobody can check right now is none: anybody could leave it out.
    if (!isConfidential(client)) return asProved(client, 'none')
    throw keysNotNow(error)
  }
  return asProved(client, 'private_key_jwt')
}

async function authenticateByName(
  clients: Pick<ClientDirectory, 'find'>,
  authorization: string | undefined,
  params: ClientParams,
): Promise<Client> {
  const usedHeader = authorization !== undefined
  const basic = usedHeader ? readBasic(authorization) : undefined
  if (usedHeader && !basic) throw refuse('client_credentials_unreadable', usedHeader)
  if (basic && params.client_secret !== undefined) throw twoCredentials()
  if (basic && params.client_id !== undefined && !basic.some(({ clientId }) => clientId === params.client_id)) {
    throw twoIds('client_id is not the one of the Authorization header')
  }
  const attempts = basic ?? [{ clientId: params.client_id ?? '', secret: params.client_secret ?? '' }]
  if (attempts[0].clientId === '') throw refuse('client_id_missing', usedHeader)
  for (const { clientId, secret } of attempts) {
    const client = await clients.find(clientId)
    if (!client) continue
    const methods = authMethodsOf(client)
    const isPublic = methods.includes('none') && secret === ''
    // A public client may send its empty secret by Basic; it proves and harms nothing.
    if (isPublic) return asProved(client, 'none')
    const method = methodUsed(basic, secret)
    if (method === 'none' || !methods.includes(method)) throw refuse('client_auth_method', usedHeader)
    const isRight = attempts.some(
      (attempt) => client.secretHash !== undefined && equalDigests(sha256(attempt.secret), client.secretHash),
    )
    if (!isRight) throw refuse('client_secret_wrong', usedHeader)
    return asProved(client, method)
  }
  throw refuse('client_unknown', usedHeader)
}

/** The client as this request proved it: who could have come with a key and did not is a public client here. */
function asProved(client: Client, method: ClientAuthMethod): Client {
  if (client.tokenEndpointAuthMethods === undefined) return client
  const { tokenEndpointAuthMethods: choice, ...rest } = client
  const isFree = method !== 'none' && choice.includes('none')
  return { ...rest, tokenEndpointAuthMethod: method, ...(isFree ? { mayComeUnproved: true } : {}) }
}

const methodUsed = (basic: BasicCredentials | undefined, secret: string): ClientAuthMethod =>
  basic ? 'client_secret_basic' : secret !== '' ? 'client_secret_post' : 'none'

/** RFC 6749 §5.2: where the Authorization header was used, the 401 names the scheme. */
const refuse = (reason: string, usedHeader: boolean, cause?: unknown): OAuthError =>
  new OAuthError(
    'invalid_client',
    'the client is unknown or did not prove that it is itself; register again or check its secret',
    {
      reason,
      cause,
      headers: usedHeader ? { 'www-authenticate': 'Basic realm="Gatehouse"' } : {},
    },
  )

const twoCredentials = (): OAuthError =>
  new OAuthError('invalid_request', 'the client must authenticate in one way, not two', { reason: 'two_client_credentials' })

const twoIds = (description: string): OAuthError => new OAuthError('invalid_request', description, { reason: 'two_client_ids' })

/** Not `invalid_client`, for which clients throw their registration and their tokens away. */
const keysNotNow = (cause: FetchFault): OAuthError =>
  new OAuthError('temporarily_unavailable', 'the keys of the client cannot be fetched right now; try again in a moment', {
    reason: `client_keys_${cause.reason}`,
    cause,
    headers: { 'retry-after': '10' },
  })
