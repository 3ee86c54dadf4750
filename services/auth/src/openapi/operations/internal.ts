import { z } from 'zod'
import { json, refusal } from '../answers.ts'
import type { Operation } from '../operation.ts'
import { jwks } from '../schemas/discovery.ts'
import { health, notReady, ready } from '../schemas/mcp.ts'

const RETRY = { 'Retry-After': 'Seconds to wait.' }

const inside = (operation: Pick<Operation, 'path' | 'id' | 'summary' | 'answers'> & Partial<Operation>): Operation => ({
  method: 'get',
  tag: 'internal',
  ...operation,
})

export const internal: readonly Operation[] = [
  inside({
    path: '/verify',
    id: 'verify',
    summary: 'May this caller make this request?',
    description: 'The question of ForwardAuth, auth_request and forward_auth. Answered to TRUSTED_PROXIES alone.',
    headers: z.object({
      'X-Forwarded-Uri': z.string().optional().describe('Path and query as the client sent them.'),
      'X-Original-URI': z.string().optional().describe('The same, from nginx. One of the two.'),
      'X-Forwarded-Method': z.string().optional(),
      'X-Original-Method': z.string().optional(),
      DPoP: z.string().optional().describe('The proof beside a token that is bound to a key (RFC 9449 §7.1).'),
      'MCP-Protocol-Version': z.string().optional(),
      'Mcp-Method': z.string().optional(),
      'Mcp-Name': z.string().optional(),
    }),
    security: [{ accessToken: [] }, {}],
    answers: {
      200: {
        description: 'Let it through, with these headers, and without its Authorization and DPoP.',
        headers: { 'X-Auth-Assertion': 'docs/assertion.md', 'X-Auth-Subject': 'Who calls.', 'X-Request-Id': 'For the log.' },
      },
      400: refusal('The proxy does not say which URI is meant, or says it twice.'),
      401: refusal(
        'No access token, or one that is not good for this server, or not with this proof. Hand it to the client as it is, `DPoP-Nonce` too.',
        {
          'WWW-Authenticate': 'RFC 9728 §5.1, RFC 9449 §7.1.',
        },
      ),
      403: refusal('`insufficient_scope`, with a challenge; or `access_denied` to who is no trusted proxy.'),
      404: refusal('There is no such server.'),
      503: refusal('The store or the keys are not there. Never let the request through.', RETRY),
    },
  }),
  inside({
    path: '/jwks.json',
    id: 'getInternalJwks',
    summary: 'The public signing keys, for the bridge',
    answers: { 200: json('The keys.', jwks) },
  }),
  inside({
    path: '/healthz',
    id: 'health',
    summary: 'The process lives',
    answers: { 200: json('It does.', health) },
  }),
  inside({
    path: '/readyz',
    id: 'readiness',
    summary: 'Store and keys answer',
    answers: { 200: json('They do.', ready), 503: json('They do not.', notReady, RETRY) },
  }),
  inside({
    path: '/metrics',
    id: 'metrics',
    summary: 'For Prometheus',
    answers: {
      200: {
        description: 'docs/operations.md has the list.',
        content: { 'text/plain; version=0.0.4; charset=utf-8': z.string() },
      },
    },
  }),
]
