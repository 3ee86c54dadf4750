import { mayUse } from '@gatehouse/servers'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { nowSeconds } from '../oauth/clock.ts'
import type { Identity } from '../oauth/identity.ts'
import { personalTokenShownPage } from '../pages/personal-token-shown.ts'
import { sendPage } from '../pages/send-page.ts'
import { type AccountContext, accountPaths, gatewayName } from './account-context.ts'
import type { MakingOfToken } from './make-personal-token.ts'
import type { TokenWish } from './token-wish.ts'

/** The one answer that has a new token in clear; kept nowhere, the browser's own store included. */
export function showNewToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, resources, clock }: Pick<AccountContext, 'config' | 'resources' | 'clock'>,
  identity: Identity,
  { name, resource, scopes }: TokenWish,
  { token, grant, expiresAt }: Extract<MakingOfToken, { outcome: 'made' }>,
): FastifyReply {
  const { subject } = identity
  const facts = { event: 'personal_token_made', actor: subject, subject, grant: grant.id, name, resource: resource.url, scopes }
  request.log.info({ ...facts, expiresAt }, 'personal token made')
  const server = resource.servers.find((each) => mayUse(each, identity))
  const url = server && resources.byName(server.name)?.url
  return sendPage(
    reply,
    200,
    personalTokenShownPage({
      gateway: gatewayName(config),
      account: accountPaths(config).account,
      name,
      token,
      examples: server && url !== undefined ? examplesOf(server.name, url, token) : [],
      expiresAt,
      now: nowSeconds(clock),
    }),
  )
}

/** The first call of every session, which old and new servers answer. */
const FIRST_CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
})

const examplesOf = (server: string, url: string, token: string) => [
  {
    label: 'In Claude Code',
    command: `claude mcp add --transport http ${server} ${url} --header "Authorization: Bearer ${token}"`,
  },
  {
    label: 'With curl',
    command: `curl ${url} -H "Authorization: Bearer ${token}" -H "Content-Type: application/json" -H "Accept: application/json, text/event-stream" -d '${FIRST_CALL}'`,
  },
]
