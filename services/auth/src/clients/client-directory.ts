import type { Client } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'

/** Who a `client_id` is, whatever it came from. Metadata documents (CIMD) and configured clients join here. */
export interface ClientDirectory {
  /** undefined when nobody by this id is known. @throws StoreUnavailableError */
  find(clientId: string): Promise<Client | undefined>
}

export const createClientDirectory = (clients: ClientStore): ClientDirectory => ({
  find: (clientId) => (clientId.startsWith('cli_') ? clients.find(clientId) : Promise.resolve(undefined)),
})
