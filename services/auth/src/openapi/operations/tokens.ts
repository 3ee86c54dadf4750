import { z } from 'zod'
import { json, refusal } from '../answers.ts'
import { byClient, FORM } from '../by-client.ts'
import type { Operation } from '../operation.ts'
import { authorizationRequest } from '../schemas/authorization.ts'
import {
  clientCredentials,
  introspectionRequest,
  introspectionResponse,
  pushedRequestResponse,
  revocationRequest,
  tokenRequest,
  tokenResponse,
} from '../schemas/tokens.ts'

const RETRY = { 'Retry-After': 'Seconds to wait.' }
const dpop = z.object({
  DPoP: z.string().optional().describe('A proof of the key that the tokens shall be bound to (RFC 9449 §5).'),
})

export const tokens: readonly Operation[] = [
  byClient({
    path: '/par',
    id: 'pushRequest',
    summary: 'Hand an authorization request in before the browser comes (RFC 9126 §2)',
    headers: dpop,
    body: { mediaType: FORM, schema: authorizationRequest.extend(clientCredentials) },
    answers: {
      201: json('What to send to /authorize in its place.', pushedRequestResponse),
      400: refusal('As the client would learn by /authorize; or `invalid_dpop_proof`, `use_dpop_nonce`.'),
      429: refusal('`temporarily_unavailable`: too many from this address (§2.3).', RETRY),
    },
  }),
  byClient({
    path: '/token',
    id: 'getTokens',
    summary: 'Exchange a grant for tokens (RFC 6749 §3.2)',
    headers: dpop,
    body: { mediaType: FORM, schema: tokenRequest },
    answers: {
      200: json('Tokens.', tokenResponse, { 'Cache-Control': '`no-store`.' }),
      400: refusal(
        '`invalid_request`, `invalid_grant`, `invalid_scope`, `invalid_target`, `unauthorized_client` or `unsupported_grant_type`; ' +
          '`authorization_pending`, `slow_down`, `access_denied` or `expired_token` of a device code; ' +
          '`invalid_dpop_proof`; `use_dpop_nonce`, with the nonce in `DPoP-Nonce`.',
      ),
    },
  }),
  byClient({
    path: '/revoke',
    id: 'revokeToken',
    summary: 'Give a token back (RFC 7009)',
    body: { mediaType: FORM, schema: revocationRequest },
    answers: {
      200: { description: 'The token is worth nothing any more; also if it never was.' },
      400: refusal('`invalid_request`, or `invalid_grant` for a token of another client.'),
    },
  }),
  byClient({
    path: '/introspect',
    id: 'introspectToken',
    summary: 'What a token is worth (RFC 7662); signed for who asks by Accept (RFC 9701)',
    body: { mediaType: FORM, schema: introspectionRequest },
    security: [{ clientSecretBasic: [] }, {}],
    answers: {
      200: {
        description: 'Of a token that is not active, or that the client may not ask about, nothing but that is said.',
        content: {
          'application/json; charset=utf-8': introspectionResponse,
          'application/token-introspection+jwt': z.string(),
        },
      },
      400: refusal('`invalid_request`.'),
    },
  }),
]
