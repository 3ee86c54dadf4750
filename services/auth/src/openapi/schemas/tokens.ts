import { z } from 'zod'

const text = z.string().optional()

/** How a client proves itself in a form (RFC 6749 §2.3.1, RFC 7523 §2.2); by HTTP Basic it sends none of these. */
export const clientCredentials = {
  client_secret: text.describe('With `client_secret_post`.'),
  client_assertion: text.describe('With `private_key_jwt`.'),
  client_assertion_type: text.describe('With it: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.'),
}

/** One form for every grant: a generated client sends what its grant needs. */
export const tokenRequest = z
  .object({
    grant_type: z
      .string()
      .describe('One of grant_types_supported.')
      .meta({ examples: ['authorization_code', 'refresh_token', 'client_credentials'] }),
    client_id: text.describe('Of a client that does not use HTTP Basic.'),
    ...clientCredentials,
    code: text.describe('With `authorization_code`.'),
    code_verifier: text.describe('With `authorization_code` (RFC 7636 §4.5).'),
    redirect_uri: text.describe('With `authorization_code`; if sent, the one sent to /authorize.'),
    refresh_token: text.describe('With `refresh_token`.'),
    device_code: text.describe('With the device grant (RFC 8628 §3.4).'),
    assertion: text.describe('With the JWT bearer grant (RFC 7523 §2.1).'),
    subject_token: text.describe('With token exchange (RFC 8693 §2.1).'),
    subject_token_type: text,
    actor_token: text,
    actor_token_type: text,
    requested_token_type: text,
    audience: text.describe('With token exchange.'),
    scope: text.describe('Less than was granted.'),
    resource: text.describe('A server that the grant is for (RFC 8707 §2.2).'),
  })
  .meta({ id: 'TokenRequest', description: 'RFC 6749 §4.1.3, §4.4.2 and §6, and the extension grants. No parameter twice.' })

export const tokenResponse = z
  .strictObject({
    access_token: z.string(),
    token_type: z.enum(['Bearer', 'DPoP']),
    expires_in: z.int().min(0).describe('Seconds.'),
    refresh_token: text.describe('Of every grant that a person gave.'),
    scope: z.string(),
    id_token: text.describe('With the scope `openid`, in the first answer of a grant.'),
    issued_token_type: text.describe('Of a token exchange.'),
  })
  .meta({ id: 'TokenResponse', description: 'RFC 6749 §5.1. No member is null.' })

export const revocationRequest = z
  .object({
    token: z.string().describe('An access token or a refresh token.'),
    token_type_hint: text.describe('Not needed; our tokens tell what they are.'),
    client_id: text,
    ...clientCredentials,
  })
  .meta({ id: 'RevocationRequest', description: 'RFC 7009 §2.1.' })

export const introspectionRequest = z
  .object({
    token: z.string(),
    token_type_hint: text.describe('Not needed; our tokens tell what they are.'),
    resource: text.describe('Where the asker wants to accept the token.'),
    client_id: text,
    ...clientCredentials,
  })
  .meta({ id: 'IntrospectionRequest', description: 'RFC 7662 §2.1.' })

interface Actor {
  sub: string
  client_id?: string | undefined
  act?: Actor | undefined
}
const actor: z.ZodType<Actor> = z
  .lazy(() => z.strictObject({ sub: z.string(), client_id: text, act: actor.optional() }))
  .meta({ id: 'Actor', description: 'Who acts for the subject (RFC 8693 §4.1).' })

export const introspectionResponse = z
  .union([
    z.strictObject({ active: z.literal(false) }),
    z.strictObject({
      active: z.literal(true),
      iss: z.string(),
      sub: z.string(),
      aud: z.string(),
      client_id: z.string(),
      username: z.string(),
      scope: z.string(),
      token_type: z.enum(['Bearer', 'DPoP']).optional().describe('Not of a refresh token.'),
      iat: z.int(),
      exp: z.int(),
      jti: text,
      cnf: z.strictObject({ jkt: z.string() }).optional(),
      act: actor.optional(),
    }),
  ])
  .meta({ id: 'IntrospectionResponse', description: 'RFC 7662 §2.2.' })

export const pushedRequestResponse = z
  .strictObject({ request_uri: z.string(), expires_in: z.int().describe('Seconds.') })
  .meta({ id: 'PushedRequestResponse', description: 'RFC 9126 §2.2.' })
