import { z } from 'zod'

/** One form for every grant: a generated client sends what its grant needs. */
export const tokenRequest = z
  .object({
    grant_type: z
      .string()
      .describe('One of grant_types_supported.')
      .meta({ examples: ['authorization_code', 'refresh_token'] }),
    client_id: z.string().optional().describe('Of a client that does not use HTTP Basic.'),
    client_secret: z.string().optional().describe('With `client_secret_post`.'),
    code: z.string().optional().describe('With `authorization_code`.'),
    code_verifier: z.string().optional().describe('With `authorization_code` (RFC 7636 §4.5).'),
    redirect_uri: z.string().optional().describe('With `authorization_code`; if sent, the one sent to /authorize.'),
    refresh_token: z.string().optional().describe('With `refresh_token`.'),
    scope: z.string().optional().describe('With `refresh_token`: less than was granted.'),
    resource: z.string().optional().describe('A server that the grant is for (RFC 8707 §2.2).'),
  })
  .meta({ id: 'TokenRequest', description: 'RFC 6749 §4.1.3 and §6. No parameter twice.' })

export const tokenResponse = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().min(0).describe('Seconds.'),
    refresh_token: z.string(),
    scope: z.string(),
    id_token: z.string().optional().describe('With the scope `openid`, in the first answer of a grant.'),
  })
  .meta({ id: 'TokenResponse', description: 'RFC 6749 §5.1. No member is null.' })

export const revocationRequest = z
  .object({
    token: z.string().describe('An access token or a refresh token.'),
    token_type_hint: z.string().optional().describe('Not needed; our tokens tell what they are.'),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
  })
  .meta({ id: 'RevocationRequest', description: 'RFC 7009 §2.1.' })
