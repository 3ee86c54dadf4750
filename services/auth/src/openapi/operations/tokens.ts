import { bodyRefusals, FOREIGN_HOST, INVALID_CLIENT, json, refusal, STORE_AWAY } from '../answers.ts'
import type { Operation } from '../operation.ts'
import { revocationRequest, tokenRequest, tokenResponse } from '../schemas/tokens.ts'

const MEDIA_TYPE = 'application/x-www-form-urlencoded'

/** What every endpoint has that a client calls with a form and its own credentials. */
const called = (operation: Pick<Operation, 'path' | 'id' | 'summary' | 'body' | 'answers'> & Partial<Operation>): Operation => ({
  method: 'post',
  tag: 'tokens',
  security: [{ clientSecretBasic: [] }, {}],
  isForAnyOrigin: true,
  ...operation,
  answers: {
    ...INVALID_CLIENT,
    ...bodyRefusals(MEDIA_TYPE),
    ...FOREIGN_HOST,
    ...STORE_AWAY,
    ...operation.answers,
  },
})

export const tokens: readonly Operation[] = [
  called({
    path: '/token',
    id: 'getTokens',
    summary: 'Exchange a grant for tokens (RFC 6749 §3.2)',
    body: { mediaType: MEDIA_TYPE, schema: tokenRequest },
    answers: {
      200: json('Tokens.', tokenResponse, { 'Cache-Control': '`no-store`.' }),
      400: refusal(
        '`invalid_request`, `invalid_grant`, `invalid_scope`, `invalid_target`, `unauthorized_client` or `unsupported_grant_type`.',
      ),
    },
  }),
  called({
    path: '/revoke',
    id: 'revokeToken',
    summary: 'Give a token back (RFC 7009)',
    body: { mediaType: MEDIA_TYPE, schema: revocationRequest },
    answers: {
      200: { description: 'The token is worth nothing any more; also if it never was.' },
      400: refusal('`invalid_request`, or `invalid_grant` for a token of another client.'),
    },
  }),
]
