import { z } from 'zod'
import { readDocumentUrl } from '../fetch/document-url.ts'
import type { ClientAuthMethod } from '../oauth/client.ts'
import { DEVICE_CODE_GRANT_TYPE, JWT_BEARER_GRANT_TYPE, TOKEN_EXCHANGE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { PERSONAL_TOKEN_CLIENT } from '../oauth/personal-token.ts'
import { clientName, publicJwks, redirectUris } from './metadata-schema.ts'

const AUTH_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const satisfies readonly ClientAuthMethod[]
const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  DEVICE_CODE_GRANT_TYPE,
  'client_credentials',
  TOKEN_EXCHANGE_GRANT_TYPE,
  JWT_BEARER_GRANT_TYPE,
] as const
/** A secret that people chose is hashed once, like those we make: it must be too long to guess. */
const SECRET_MIN_LENGTH = 32
/** RFC 6749 Appendix A.1, A.2: VSCHAR. */
const VISIBLE = /^[\x20-\x7e]+$/
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

const url = z.string().refine((text) => readDocumentUrl(text) !== undefined, 'must be an https or http URL in its plainest form')
/** In the file itself, or in a file of its own. */
export const clientSecret = z
  .string()
  .min(SECRET_MIN_LENGTH, `is shorter than ${SECRET_MIN_LENGTH} characters; make one with: openssl rand -hex 32`)
  .regex(VISIBLE, 'must be visible ASCII characters')

const clientEntry = z.strictObject({
  client_id: z
    .string()
    .min(1, 'must not be empty')
    .max(2048)
    .regex(VISIBLE, 'must be visible ASCII characters')
    .refine((id) => !id.startsWith('cli_'), 'must not begin with cli_: such ids are made at registration')
    .refine((id) => id !== PERSONAL_TOKEN_CLIENT, `must not be ${PERSONAL_TOKEN_CLIENT}: people’s own tokens act under it`)
    .describe('Typed into the client. A URL stands for the client metadata document there, which this entry adds to.'),
  client_secret: clientSecret.optional().describe('What the client proves itself by.'),
  client_secret_file: z.string().min(1).optional().describe('Path of a file with the secret, instead.'),
  client_name: clientName.optional().describe('What people are shown.'),
  redirect_uris: redirectUris.optional().describe('Where people may be sent back to; needed for authorization_code.'),
  grant_types: z
    .array(z.enum(GRANT_TYPES, `must be among ${GRANT_TYPES.join(', ')}`))
    .min(1, 'must name at least one')
    .optional()
    .describe('Absent = authorization_code. Refresh tokens come with it.'),
  token_endpoint_auth_method: z
    .enum(AUTH_METHODS, `must be one of ${AUTH_METHODS.join(', ')}`)
    .optional()
    .describe('Absent: with a secret either client_secret_basic or client_secret_post, with keys private_key_jwt, else none.'),
  jwks: publicJwks.optional().describe('Its public keys.'),
  jwks_uri: url.optional().describe('Where its public keys are; may be a private address.'),
  scope: z.string().regex(SCOPE, 'must be scope names with single spaces').optional().describe('The most it may get.'),
  dpop_bound_access_tokens: z.boolean().optional().describe('Its tokens are always bound to a key (RFC 9449).'),
})

/** An issuer may be a host alone. */
const issuer = z
  .string()
  .refine(
    (text) => readDocumentUrl(text) !== undefined || readDocumentUrl(`${text}/`) !== undefined,
    'must be an https or http URL in its plainest form',
  )

const issuerEntry = z.strictObject({
  issuer: issuer.describe('Byte for byte the `iss` of its tokens.'),
  jwks_uri: url.optional().describe('Absent: its OpenID Connect discovery document names it.'),
  id_jag: z.boolean().optional().describe('Its identity assertion grants sign people in.'),
  workloads: z
    .array(
      z.strictObject({
        subject: z.string().min(1).describe('Of the `sub`; * stands for any characters.'),
        audience: z.string().min(1).optional().describe('Of the `aud`; absent = PUBLIC_URL.'),
        client_id: z.string().min(1).describe('The client of this file that such a program is.'),
      }),
    )
    .optional()
    .describe('Programs, known by the tokens of where they run, that are clients of this file.'),
})

/** The operator's clients file. `clients.schema.json` is made from it. */
export const clientsFileSchema = z.strictObject({
  $schema: z.string().optional(),
  clients: z.array(clientEntry).default([]),
  issuers: z.array(issuerEntry).default([]),
})

export type ClientEntry = z.infer<typeof clientEntry>
export type IssuerEntry = z.infer<typeof issuerEntry>
