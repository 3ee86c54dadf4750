import type { RegisteredClient } from '../oauth/client.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import type { ClientMetadata } from './client-metadata.ts'

/** 128 bits: ids need not be secret, but nobody should guess another's. */
const CLIENT_ID_BYTES = 16

/** `cli_` and 22 characters. */
export const newClientId = (): string => `cli_${randomSecret(CLIENT_ID_BYTES)}`
/** `sec_` and 43 characters. */
export const newClientSecret = (): string => `sec_${randomSecret()}`
/** `rat_` and 43 characters (RFC 7592 §3). */
export const newRegistrationToken = (): string => `rat_${randomSecret()}`

/** What a client keeps when its metadata change. */
type Kept = Pick<RegisteredClient, 'clientId' | 'createdAt' | 'registrationTokenHashes'>

/** The record to store, out of metadata that were checked. @param secretHash - of a client that has a secret */
export const toRegisteredClient = (metadata: ClientMetadata, kept: Kept, secretHash: string | undefined): RegisteredClient => ({
  ...kept,
  source: 'registered',
  redirectUris: metadata.redirect_uris,
  grantTypes: metadata.grant_types,
  responseTypes: metadata.response_types,
  tokenEndpointAuthMethod: metadata.token_endpoint_auth_method,
  ...(secretHash === undefined ? {} : { secretHash }),
  ...present('clientName', metadata.client_name),
  ...present('clientUri', metadata.client_uri),
  ...present('logoUri', metadata.logo_uri),
  ...present('policyUri', metadata.policy_uri),
  ...present('tosUri', metadata.tos_uri),
  ...present('jwksUri', metadata.jwks_uri),
  ...present('jwks', metadata.jwks),
  ...present('scope', metadata.scope),
  ...present('contacts', metadata.contacts),
  ...present('softwareId', metadata.software_id),
  ...present('softwareVersion', metadata.software_version),
  ...present('applicationType', metadata.application_type),
  ...present('tokenEndpointAuthSigningAlg', metadata.token_endpoint_auth_signing_alg),
  ...present('dpopBoundAccessTokens', metadata.dpop_bound_access_tokens),
  ...present('requirePushedAuthorizationRequests', metadata.require_pushed_authorization_requests),
})

/** A member, unless it has no value: nothing of ours is ever null or empty on the wire (rule 13). */
export const present = <Name extends string, Value>(name: Name, value: Value | undefined | ''): { [Key in Name]?: Value } =>
  value === undefined || value === '' ? {} : ({ [name]: value } as { [Key in Name]?: Value })

/** Whether a client that proves itself in this way has a secret of our making. */
export const hasSecret = ({ token_endpoint_auth_method: method }: Pick<ClientMetadata, 'token_endpoint_auth_method'>): boolean =>
  method === 'client_secret_basic' || method === 'client_secret_post'

export const hashOf = (secret: string | undefined): string | undefined => (secret === undefined ? undefined : sha256(secret))
