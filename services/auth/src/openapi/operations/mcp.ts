import { z } from 'zod'
import { FOREIGN_HOST, json } from '../answers.ts'
import type { Answer, Operation } from '../operation.ts'
import { errorAnswer } from '../schemas/errors.ts'
import { rpcMessage } from '../schemas/mcp.ts'

const EVENTS = 'text/event-stream'
/** A refusal of the gate is OAuth's, one of the bridge JSON-RPC's. */
const either = (description: string, headers?: Answer['headers']): Answer =>
  json(description, z.union([errorAnswer, rpcMessage]), headers)
const ofRpc = (description: string, headers?: Answer['headers']): Answer => ({
  description,
  content: { 'application/json': rpcMessage },
  ...(headers ? { headers } : {}),
})
const eitherType = (answer: Answer): Answer => ({
  ...answer,
  content: { ...answer.content, 'application/json': z.union([errorAnswer, rpcMessage]) },
})
const RETRY = { 'Retry-After': 'Seconds to wait.' }

const server = (
  operation: Pick<Operation, 'method' | 'id' | 'summary' | 'description' | 'answers'> & Partial<Operation>,
): Operation => ({
  path: '/{server}/mcp',
  tag: 'mcp',
  pathParams: z.object({ server: z.string().describe('A name of the servers file.') }),
  headers: z.object({
    'Mcp-Session-Id': z.string().optional().describe('Of the answer to `initialize`.'),
    'MCP-Protocol-Version': z.string().optional(),
  }),
  security: [{ accessToken: [] }],
  isForAnyOrigin: true,
  alsoAt: ['/:server/mcp/'],
  ...operation,
  answers: {
    400: eitherType(either('The message, its headers or its session are not as MCP has them.')),
    401: json(
      '`invalid_token`: no access token, or one that is not good for this server. The challenge says where to sign in.',
      errorAnswer,
      {
        'WWW-Authenticate': 'RFC 9728 §5.1.',
      },
    ),
    403: eitherType(either('`insufficient_scope`: the challenge names the scopes; or the page of another origin.')),
    404: eitherType(either('There is no such server, or no such session; without a session, initialize anew.')),
    503: eitherType(either('The store, the keys or the server are not there now.', RETRY)),
    ...FOREIGN_HOST,
    ...operation.answers,
  },
})

export const mcp: readonly Operation[] = [
  server({
    method: 'post',
    id: 'callServer',
    summary: 'One JSON-RPC message',
    body: { mediaType: 'application/json', schema: rpcMessage },
    answers: {
      200: {
        description: 'The answer; as events when the server said more before it.',
        content: { 'application/json': rpcMessage, [EVENTS]: z.string() },
      },
      202: { description: 'A notification or an answer was taken.' },
      413: ofRpc('The body is larger than MAX_BODY_BYTES.'),
      415: ofRpc('The body is not application/json.'),
      429: ofRpc('All sessions that this person may have are in use.', RETRY),
      502: ofRpc('The HTTP server behind the gate cannot be used.', RETRY),
      504: ofRpc('The HTTP server behind the gate did not begin to answer.', RETRY),
    },
  }),
  server({
    method: 'get',
    id: 'listenToServer',
    summary: 'What the server says by itself',
    answers: {
      200: { description: 'A stream of events.', content: { [EVENTS]: z.string() } },
      405: ofRpc('An HTTP server that has no such stream.'),
      409: ofRpc('The session has such a stream already.'),
    },
  }),
  server({
    method: 'delete',
    id: 'endSession',
    summary: 'End a session and its process',
    answers: { 204: { description: 'Ended.' } },
  }),
]
