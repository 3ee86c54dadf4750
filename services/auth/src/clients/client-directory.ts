import type { Client } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'
import type { ClientDocuments } from './client-documents.ts'
import { type ConfiguredClient, grantTypesOf, idOf, isAgent, isMachine, withAddition } from './configured-client.ts'

/** Who a `client_id` is, whatever it came from: the operator's file, a registration, or the document that the id points at. */
export interface ClientDirectory {
  /**
   * undefined when nobody by this id is known.
   * @throws OAuthError `invalid_client` when the document at the id says that it is no client of ours, and
   *   `temporarily_unavailable` when it cannot be had right now and no copy of it is left
   * @throws StoreUnavailableError
   */
  find(clientId: string): Promise<Client | undefined>
  /** Whether the operator's file lets this client act for itself. */
  isMachine(clientId: string): boolean
  /** Whether the operator's file lets this client act for people whose tokens it is handed. */
  isAgent(clientId: string): boolean
  /** Whether the operator's file gives this grant type to any client. */
  offers(grantType: string): boolean
  /** A person signed in through this client: its document, if it has one, is worth a copy that outlives its host's bad days. */
  keep(clientId: string): Promise<void>
}

export interface ClientDirectoryOptions {
  readonly stored: ClientStore
  readonly configured: readonly ConfiguredClient[]
  readonly documents: ClientDocuments
}

export function createClientDirectory({ stored, configured, documents }: ClientDirectoryOptions): ClientDirectory {
  const byId = new Map(configured.map((entry) => [idOf(entry), entry]))
  const machines = new Set(configured.filter(isMachine).map(idOf))
  const agents = new Set(configured.filter(isAgent).map(idOf))
  const offered = new Set(configured.flatMap(grantTypesOf))
  return {
    find: async (clientId) => {
      const entry = byId.get(clientId)
      if (entry?.kind === 'whole') return entry.client
      if (clientId.startsWith('cli_')) return stored.find(clientId)
      const client = await documents.find(clientId, { isTrusted: entry !== undefined })
      return client && entry ? withAddition(client, entry) : client
    },
    isMachine: (clientId) => machines.has(clientId),
    isAgent: (clientId) => agents.has(clientId),
    offers: (grantType) => offered.has(grantType),
    keep: (clientId) => documents.keep(clientId),
  }
}
