import { z } from 'zod'

/** RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, RFC 9449 §10, OpenID Connect Core §3.1.2.1. */
export const authorizationRequest = z.object({
  response_type: z.string().describe('`code`.'),
  client_id: z.string().describe('Registered, of the operator, or the URL of a client id metadata document.'),
  redirect_uri: z.string().optional().describe('Needed unless exactly one is registered.'),
  code_challenge: z.string().describe('43 characters.'),
  code_challenge_method: z.string().describe('`S256`.'),
  state: z.string().optional(),
  scope: z.string().optional(),
  resource: z.string().optional().describe('The server; absent = the only one, or all that the person may use.'),
  response_mode: z.string().optional().describe('`query`.'),
  nonce: z.string().optional(),
  prompt: z.string().optional().describe('`none`, `login`, `consent`, `select_account`.'),
  max_age: z.string().optional().describe('Seconds since the person signed in.'),
  dpop_jkt: z.string().optional().describe('The key that must prove itself when the code is redeemed.'),
})
