import { type ActiveGrant, type ConfiguredClient, idOf, type ListedClient, readClientsFile } from '@gatehouse/auth/operator'
import type { Command } from '../command.ts'
import { table } from '../table.ts'
import { iso, readable } from '../time.ts'
import { withGateway } from '../with-gateway.ts'

/** What is known about a client, whatever it came from. */
interface Row {
  readonly clientId: string
  readonly source: 'registered' | 'clients file' | 'document'
  readonly clientName?: string | undefined
  readonly redirectUris?: readonly string[] | undefined
  readonly grantTypes?: readonly string[] | undefined
  readonly tokenEndpointAuthMethod?: string | undefined
  readonly createdAt?: string
  readonly forgottenAt?: string
  /** How many have allowed it something that lives. */
  readonly people: number
}

export const clientsList: Command = {
  name: 'clients list',
  summary: 'The clients that registered, are in the clients file or are in use, and how many people use each',
  usage: '[--json]',
  details: [
    'Clients that are a metadata document (CIMD) are known here while somebody uses them. Names of registered clients are what they say',
    'of themselves; nobody has checked them. Secrets are never shown.',
  ].join('\n'),
  run: async (call) => {
    const { registered, configured, grants } = await withGateway(call, 'reading the clients', async ({ config, stores }) => ({
      registered: await stores.clients.list(),
      configured: readClientsFile(config.CLIENTS_CONFIG).clients,
      grants: await stores.grants.list(),
    }))
    const people = countPeople(grants)
    const known = [...configured.map(toConfiguredRow), ...registered.map(toRegisteredRow)]
    const ids = new Set(known.map(({ clientId }) => clientId))
    const documents = [...people.keys()].filter((clientId) => !ids.has(clientId)).map(toDocumentRow)
    const rows = [...known, ...documents].map((row): Row => ({ ...row, people: people.get(row.clientId) ?? 0 }))
    const headings = ['CLIENT', 'NAME', 'FROM', 'PROVES ITSELF BY', 'REGISTERED', 'PEOPLE', 'REDIRECT URIS']
    call.result({ clients: rows }, rows.length === 0 ? 'There are none.' : table(call.stdout, headings, rows.map(toCells)))
  },
}

function countPeople(grants: readonly ActiveGrant[]): Map<string, number> {
  const subjects = new Map<string, Set<string>>()
  for (const { grant } of grants) {
    const ofClient = subjects.get(grant.clientId) ?? new Set()
    subjects.set(grant.clientId, ofClient.add(grant.identity.subject))
  }
  return new Map([...subjects].map(([clientId, ofClient]) => [clientId, ofClient.size]))
}

type WithoutPeople = Omit<Row, 'people'>

const toRegisteredRow = ({ client, forgottenAt }: ListedClient): WithoutPeople => ({
  clientId: client.clientId,
  source: 'registered',
  clientName: client.clientName,
  redirectUris: client.redirectUris,
  grantTypes: client.grantTypes,
  tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
  createdAt: iso(client.createdAt),
  ...(forgottenAt === undefined ? {} : { forgottenAt: iso(forgottenAt) }),
})

const toConfiguredRow = (entry: ConfiguredClient): WithoutPeople => {
  const { clientName, redirectUris, grantTypes, tokenEndpointAuthMethod } = membersOf(entry)
  return { clientId: idOf(entry), source: 'clients file', clientName, redirectUris, grantTypes, tokenEndpointAuthMethod }
}

const membersOf = (entry: ConfiguredClient) => (entry.kind === 'whole' ? entry.client : entry.members)

const toDocumentRow = (clientId: string): WithoutPeople => ({ clientId, source: 'document' })

const toCells = (row: Row): string[] => [
  row.clientId,
  row.clientName ?? '',
  row.source,
  row.tokenEndpointAuthMethod ?? '',
  row.createdAt === undefined ? '' : readable(Date.parse(row.createdAt) / 1000),
  row.forgottenAt === undefined ? String(row.people) : `never used, forgotten ${readable(Date.parse(row.forgottenAt) / 1000)}`,
  row.redirectUris?.join(' ') ?? '',
]
