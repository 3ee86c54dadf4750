import type { Client, RegisteredClient } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'

/**
 * Keeps a client for good, because a person signed in through it. When several equal registrations had shared it until now,
 * nobody may manage it from here on: which of them it is that is in use cannot be told (docs/adr/0003-idempotent-registration.md).
 */
export async function markUsed(clients: ClientStore, client: Client): Promise<void> {
  if (!isRegistered(client)) return
  if (client.registrationTokenHashes.length > 1) await clients.update({ ...client, registrationTokenHashes: [] })
  await clients.markUsed(client.clientId)
}

const isRegistered = (client: Client): client is RegisteredClient => client.source === 'registered'
