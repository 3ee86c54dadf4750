import { z } from 'zod'
import { clientName, httpsUrl, optional, publicJwks, redirectUris } from '../clients/metadata-schema.ts'
import type { ClientAuthMethod } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { parseScope } from '../oauth/scope.ts'
import { checkKeys } from './check-keys.ts'
import { refuseSoftwareStatement } from './check-software-statement.ts'
import { grantTypesOf, responseTypesOf } from './grant-types.ts'
import { invalidMetadata } from './invalid-metadata.ts'

const TEXT_LENGTH = 255
const CONTACTS_LIMIT = 10
const SCOPE_LENGTH = 4096

const AUTH_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const satisfies readonly ClientAuthMethod[]

const text = z.string().max(TEXT_LENGTH)

/**
 * Client metadata as clients send it (RFC 7591 §2, RFC 9449 §5.2, RFC 9126 §6). Members we have no use for are ignored, and so
 * are ids and secrets: the server makes those.
 */
export const clientMetadata = z.object({
  // A program that signs in by a device code has nowhere to be sent back to.
  redirect_uris: z.preprocess((value) => (isNothing(value) ? undefined : value), redirectUris.optional()),
  // RFC 7591 §2: "If unspecified or omitted, the default is "client_secret_basic"".
  token_endpoint_auth_method: optional(z.enum(AUTH_METHODS, `must be one of ${AUTH_METHODS.join(', ')}`)).transform(
    (method) => method ?? 'client_secret_basic',
  ),
  token_endpoint_auth_signing_alg: optional(text),
  grant_types: optional(z.array(z.string())),
  response_types: optional(z.array(z.string())),
  client_name: optional(clientName),
  client_uri: optional(httpsUrl),
  logo_uri: optional(httpsUrl),
  policy_uri: optional(httpsUrl),
  tos_uri: optional(httpsUrl),
  jwks_uri: optional(httpsUrl),
  jwks: optional(publicJwks),
  scope: optional(z.string().max(SCOPE_LENGTH)),
  contacts: optional(z.array(text).max(CONTACTS_LIMIT)),
  software_id: optional(text),
  software_version: optional(text),
  application_type: optional(text),
  dpop_bound_access_tokens: optional(z.boolean()),
  require_pushed_authorization_requests: optional(z.boolean()),
})

/** Metadata that may be registered: what was sent, with what we make of it (RFC 7591 §3.2.1: the server may replace it). */
export type ClientMetadata = Omit<z.infer<typeof clientMetadata>, 'redirect_uris' | 'grant_types' | 'response_types'> & {
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
}

/** What a registration may name. */
export interface Offer {
  /** Others vanish (`claudeai`, `mcp:all` …); nothing left counts as none named. */
  readonly scopes: readonly string[]
  /** Others vanish as long as a way to sign in remains. */
  readonly grantTypes: readonly string[]
}

/**
 * Reads a registration or an update. Nothing is fetched: no URL in it is ever visited at registration (REG-10).
 * @throws OAuthError `invalid_redirect_uri`, `invalid_client_metadata`, `invalid_software_statement` or
 *   `unapproved_software_statement`
 */
export function readClientMetadata(body: unknown, offer: Offer): ClientMetadata {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new OAuthError('invalid_client_metadata', 'the client metadata must be a JSON object', { reason: 'not_an_object' })
  }
  refuseSoftwareStatement('software_statement' in body ? body.software_statement : undefined)
  const parsed = clientMetadata.safeParse(body)
  if (!parsed.success) throw refuseIssue(parsed.error.issues[0])
  const { redirect_uris: uris, token_endpoint_auth_signing_alg: signingAlg, ...sent } = parsed.data
  checkKeys(sent, signingAlg)
  const grantTypes = grantTypesOf(sent.grant_types, offer.grantTypes)
  const hasCode = grantTypes.includes('authorization_code')
  if (hasCode && uris === undefined) throw invalidMetadata('redirect_uris', 'must name at least one URI')
  const scope = parseScope(sent.scope).filter((part) => offer.scopes.includes(part))
  return {
    ...sent,
    redirect_uris: (hasCode ? uris : undefined) ?? [],
    grant_types: grantTypes,
    response_types: responseTypesOf(sent.response_types, hasCode),
    // Of no meaning with another method; some clients send it with all.
    ...(sent.token_endpoint_auth_method === 'private_key_jwt' && signingAlg !== undefined
      ? { token_endpoint_auth_signing_alg: signingAlg }
      : {}),
    scope: scope.length > 0 ? scope.join(' ') : undefined,
  }
}

function refuseIssue(issue: z.core.$ZodIssue | undefined): OAuthError {
  const [member, position] = issue?.path ?? []
  return invalidMetadata(String(member), String(issue?.message), typeof position === 'number' ? `[${position}]` : '')
}

const isNothing = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0)
