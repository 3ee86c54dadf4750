import { z } from 'zod'
import type { ClientAuthMethod } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { redirectUriFault } from '../oauth/redirect-uri.ts'
import { parseScope } from '../oauth/scope.ts'
import { publicJwks } from './jwks.ts'

/** Clients send one to four; Cursor three. */
const REDIRECT_URIS_LIMIT = 20
/** Room for any name, none for a wall of text on the consent page; longer ones are cut. */
const CLIENT_NAME_LENGTH = 120
const TEXT_LENGTH = 255
const CONTACTS_LIMIT = 10
const SCOPE_LENGTH = 4096
const URI_LENGTH = 2048

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const satisfies readonly ClientAuthMethod[]
const OFFERED_GRANT_TYPES = ['authorization_code', 'refresh_token']

/** "Absent", as clients say it: left out, null, or an empty string. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional())

const text = z.string().max(TEXT_LENGTH)

/** Control and formatting characters could turn a name on the consent page around; they vanish. */
const name = z.string().transform((value) =>
  value
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, CLIENT_NAME_LENGTH)
    .toWellFormed(),
)

const httpsUrl = z
  .string()
  .max(URI_LENGTH)
  .refine((value) => /^https:\/\/[^/\\\s]/.test(value) && URL.canParse(value), 'must be an https URL')

const redirectUris = z
  .array(z.string(), 'must be a list of URIs')
  .min(1, 'must name at least one URI')
  .max(REDIRECT_URIS_LIMIT, `must name ${REDIRECT_URIS_LIMIT} URIs at most`)
  .superRefine((uris, context) => {
    for (const [index, uri] of uris.entries()) {
      const fault = redirectUriFault(uri)
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [index], message: fault })
    }
  })
  .transform((uris) => [...new Set(uris)])

/**
 * Client metadata as clients send it (RFC 7591 §2). Members we have no use for are ignored, and so are ids and secrets: the
 * server makes those. Grant and response types that we do not offer are left out of the registration as long as the code
 * flow remains (RFC 7591 §3.2.1: the server may replace what is requested).
 */
const clientMetadata = z.object({
  redirect_uris: redirectUris,
  // RFC 7591 §2: "If unspecified or omitted, the default is "client_secret_basic"".
  token_endpoint_auth_method: optional(z.enum(AUTH_METHODS, `must be one of ${AUTH_METHODS.join(', ')}`)).transform(
    (method) => method ?? 'client_secret_basic',
  ),
  grant_types: optional(z.array(z.string()))
    .refine((types) => isAbsent(types) || types.includes('authorization_code'), 'must include authorization_code')
    // Whatever is asked, refresh tokens are always issued.
    .transform(() => OFFERED_GRANT_TYPES),
  response_types: optional(z.array(z.string()))
    .refine((types) => isAbsent(types) || types.includes('code'), 'must include code')
    .transform(() => ['code']),
  client_name: optional(name),
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
})

export type ClientMetadata = z.infer<typeof clientMetadata>

/**
 * Reads a registration or an update. Nothing is fetched: no URL in it is ever visited at registration (REG-10).
 * @param knownScopes - the others vanish (`claudeai`, `mcp:all` …); nothing left counts as none named
 * @throws OAuthError `invalid_redirect_uri`, `invalid_client_metadata` or `unapproved_software_statement`
 */
export function readClientMetadata(body: unknown, knownScopes: readonly string[]): ClientMetadata {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new OAuthError('invalid_client_metadata', 'the client metadata must be a JSON object', { reason: 'not_an_object' })
  }
  if ('software_statement' in body && body.software_statement) {
    throw new OAuthError('unapproved_software_statement', 'this gateway takes no software statements', {
      reason: 'software_statement',
    })
  }
  const parsed = clientMetadata.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const [member, position] = issue?.path ?? []
    const where = `${String(member)}${typeof position === 'number' ? `[${position}]` : ''}`
    const isRedirectUri = member === 'redirect_uris'
    throw new OAuthError(isRedirectUri ? 'invalid_redirect_uri' : 'invalid_client_metadata', `${where} ${issue?.message}`, {
      reason: isRedirectUri ? 'redirect_uri' : `metadata_${String(member)}`,
    })
  }
  if (parsed.data.jwks !== undefined && parsed.data.jwks_uri !== undefined) {
    // RFC 7591 §2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response."
    throw new OAuthError('invalid_client_metadata', 'jwks and jwks_uri must not both be there', { reason: 'metadata_jwks' })
  }
  const scope = parseScope(parsed.data.scope).filter((part) => knownScopes.includes(part))
  return { ...parsed.data, scope: scope.length > 0 ? scope.join(' ') : undefined }
}

const isAbsent = (list: readonly string[] | undefined): list is undefined => list === undefined || list.length === 0
