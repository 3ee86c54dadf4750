import type { RegisteredClient } from '../oauth/client.ts'
import { present } from './registered-client.ts'

/** What is told to the registrant and kept by us only as a digest. */
export interface Secrets {
  /** Only when it was made just now; we could not repeat it. */
  readonly clientSecret: string | undefined
  readonly registrationToken: string
}

/**
 * The client information response (RFC 7591 §3.2.1, RFC 7592 §3): an echo of everything registered, nothing null. Lists are empty for a client
 * that signs in by a device code alone: left out, they would mean the code flow.
 * @param offeredScope - what a client that named no scope may ask for; Open WebUI asks for what it reads here and nothing else
 */
export const clientInformation = (client: RegisteredClient, secrets: Secrets, issuer: string, offeredScope: string) => ({
  client_id: client.clientId,
  client_id_issued_at: client.createdAt,
  ...present('client_secret', secrets.clientSecret),
  // "REQUIRED if "client_secret" is issued … or 0 if it will not expire."
  ...(client.secretHash === undefined ? {} : { client_secret_expires_at: 0 }),
  registration_access_token: secrets.registrationToken,
  registration_client_uri: `${issuer}/register/${client.clientId}`,
  redirect_uris: client.redirectUris,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  grant_types: client.grantTypes,
  response_types: client.responseTypes,
  ...present('scope', client.scope ?? offeredScope),
  ...present('client_name', client.clientName),
  ...present('client_uri', client.clientUri),
  ...present('logo_uri', client.logoUri),
  ...present('policy_uri', client.policyUri),
  ...present('tos_uri', client.tosUri),
  ...present('jwks_uri', client.jwksUri),
  ...present('jwks', client.jwks),
  ...present('contacts', client.contacts),
  ...present('software_id', client.softwareId),
  ...present('software_version', client.softwareVersion),
  ...present('application_type', client.applicationType),
  ...present('token_endpoint_auth_signing_alg', client.tokenEndpointAuthSigningAlg),
  ...present('dpop_bound_access_tokens', client.dpopBoundAccessTokens),
  ...present('require_pushed_authorization_requests', client.requirePushedAuthorizationRequests),
})
