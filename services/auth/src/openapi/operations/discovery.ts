import { z } from 'zod'
import { FOREIGN_HOST, json, PATH_FAULTS, refusal, STORE_AWAY } from '../answers.ts'
import type { Answer, Operation } from '../operation.ts'
import { authorizationServerMetadata, jwks, protectedResourceMetadata } from '../schemas/discovery.ts'

const CACHED = { 'Cache-Control': 'Five minutes.' }
const UNKNOWN = {
  400: PATH_FAULTS[400] as Answer,
  404: refusal('There is no such document; look at the next spelling.'),
}
const server = z.object({ server: z.string().describe('A name of the servers file.') })

const document = (
  id: string,
  path: string,
  summary: string,
  schema: z.ZodType,
  more: Partial<Operation> = {},
  isOfServer = false,
): Operation => ({
  method: 'get',
  path,
  tag: 'discovery',
  id,
  summary,
  ...(isOfServer ? { pathParams: server } : {}),
  ...more,
  answers: { 200: json('The document.', schema, CACHED), ...(isOfServer ? UNKNOWN : {}), ...FOREIGN_HOST, ...more.answers },
  isForAnyOrigin: true,
})

/** Places where clients look too; the same document, with and without a slash at the end. */
const elsewhere = (name: string) => [`/.well-known/${name}/*`, `/:server/mcp/.well-known/${name}`]

export const discovery: readonly Operation[] = [
  document(
    'getServerResourceMetadata',
    '/.well-known/oauth-protected-resource/{server}/mcp',
    'About one server',
    protectedResourceMetadata,
    { alsoAt: elsewhere('oauth-protected-resource') },
    true,
  ),
  document(
    'getResourceMetadata',
    '/.well-known/oauth-protected-resource',
    'About every server together',
    protectedResourceMetadata,
  ),
  document(
    'getAuthorizationServerMetadata',
    '/.well-known/oauth-authorization-server',
    'The authorization server',
    authorizationServerMetadata,
    { alsoAt: elsewhere('oauth-authorization-server') },
  ),
  document('getOpenidConfiguration', '/.well-known/openid-configuration', 'The same document', authorizationServerMetadata, {
    alsoAt: elsewhere('openid-configuration'),
  }),
  document('getJwks', '/.well-known/jwks.json', 'The public signing keys', jwks, { answers: STORE_AWAY }),
]
