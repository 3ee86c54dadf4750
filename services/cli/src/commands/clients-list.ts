import type { ListedClient } from '@gatehouse/auth/operator'
import type { Command } from '../command.ts'
import { table } from '../table.ts'
import { iso, readable } from '../time.ts'
import { withGateway } from '../with-gateway.ts'

export const clientsList: Command = {
  name: 'clients list',
  summary: 'The clients that registered themselves, and how many people use each',
  usage: '[--json]',
  details: 'Names are what clients say of themselves; nobody has checked them. Secrets are not known and never shown.',
  run: async (call) => {
    const { clients, grants } = await withGateway(call, 'reading the clients', async ({ stores }) => ({
      clients: await stores.clients.list(),
      grants: await stores.grants.list(),
    }))
    const users = new Map<string, Set<string>>()
    for (const { grant } of grants) {
      const ofClient = users.get(grant.clientId) ?? new Set()
      users.set(grant.clientId, ofClient.add(grant.identity.subject))
    }
    const peopleOf = ({ client }: ListedClient) => users.get(client.clientId)?.size ?? 0
    const rows = clients.map((listed) => [
      listed.client.clientId,
      listed.client.clientName ?? '',
      listed.client.tokenEndpointAuthMethod,
      readable(listed.client.createdAt),
      listed.forgottenAt === undefined ? `${peopleOf(listed)} now` : `never used, forgotten ${readable(listed.forgottenAt)}`,
      listed.client.redirectUris.join(' '),
    ])
    const text = table(call.stdout, ['CLIENT', 'NAME', 'PROVES ITSELF BY', 'REGISTERED', 'PEOPLE', 'REDIRECT URIS'], rows)
    const data = clients.map((listed) => ({ ...toJson(listed), people: peopleOf(listed) }))
    call.result({ clients: data }, clients.length === 0 ? 'No client has registered.' : text)
  },
}

const toJson = ({ client, forgottenAt }: ListedClient) => ({
  clientId: client.clientId,
  ...(client.clientName === undefined ? {} : { clientName: client.clientName }),
  redirectUris: client.redirectUris,
  grantTypes: client.grantTypes,
  tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
  createdAt: iso(client.createdAt),
  ...(forgottenAt === undefined ? {} : { forgottenAt: iso(forgottenAt) }),
})
