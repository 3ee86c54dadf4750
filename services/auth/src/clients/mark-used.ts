import type { Client, RegisteredClient } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'
import type { ClientDirectory } from './client-directory.ts'

interface MarkUsedContext {
  readonly stores: { readonly clients: ClientStore }
  readonly clients: Pick<ClientDirectory, 'keep'>
  readonly config: { readonly isLoopback: boolean }
}

/**
 * Keeps a client for good, because a person signed in through it; of one that is a document, a copy for a while. When several
 * equal registrations had shared it until now, nobody may manage it from here on: which of them it is that is in use cannot be
 * told. On the loopback default, where they all come from this machine's own user, the newest may
 * (docs/adr/0003-idempotent-registration.md).
 */
export async function markUsed({ stores, clients, config }: MarkUsedContext, client: Client): Promise<void> {
  if (!isRegistered(client)) return clients.keep(client.clientId)
  const { registrationTokenHashes: hashes } = client
  if (hashes.length > 1) {
    await stores.clients.update({ ...client, registrationTokenHashes: config.isLoopback ? hashes.slice(-1) : [] })
  }
  await stores.clients.markUsed(client.clientId)
}

const isRegistered = (client: Client): client is RegisteredClient => client.source === 'registered'
