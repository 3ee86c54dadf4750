import type { FastifyRequest } from 'fastify'
import type { Sessions } from '../http/sessions.ts'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { matchRedirectUri } from '../oauth/redirect-uri.ts'
import type { Resource } from '../oauth/resource.ts'
import type { Session } from '../store/session-store.ts'
import type { AuthorizationRequest, AuthorizationRequests } from './authorization-request.ts'
import type { AuthorizeContext } from './authorize-context.ts'
import { findClient } from './find-client.ts'
import { usableSession } from './usable-session.ts'

/** Everything that a question to the person, and its answer, are about; as it is now, not as it was at /authorize. */
export interface Consent {
  readonly sealed: string
  readonly request: AuthorizationRequest
  readonly client: Client
  readonly resource: Resource
  /** undefined = the person must sign in first. */
  readonly session: Session | undefined
}

/**
 * Opens a sealed request again and checks what may have changed since: the client, its redirect URI (a code must never go to
 * one that was withdrawn), the server.
 * @throws OAuthError for a page
 */
export async function openConsent(
  request: FastifyRequest,
  sealed: string | undefined,
  context: Pick<AuthorizeContext, 'clients' | 'resources'>,
  requests: AuthorizationRequests,
  sessions: Sessions,
): Promise<Consent> {
  const authorization = requests.open(sealed)
  const client = await findClient(context.clients, authorization.clientId)
  if (matchRedirectUri(client.redirectUris, authorization.redirectUri) === undefined) {
    throw new OAuthError('invalid_request', 'the client no longer has this redirect_uri', { reason: 'redirect_uri_withdrawn' })
  }
  const resource = context.resources.byUrl(authorization.resource)
  if (!resource) {
    throw new OAuthError('invalid_target', 'the server is no longer there', { reason: 'resource_withdrawn' })
  }
  const session = usableSession(authorization, await sessions.find(request))
  return { sealed: sealed ?? '', request: authorization, client, resource, session }
}
