import type { Client, RegisteredClient } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'

/**
 * Keeps a client for good, because a person signed in through it. When several equal registrations had shared it until now,
 * nobody may manage it from here on: which of them it is that is in use cannot be told. On the loopback default, where they
 * all come from this machine's own user, the newest may (docs/adr/0003-idempotent-registration.md).
 */
export async function markUsed(
  clients: ClientStore,
  { isLoopback }: { readonly isLoopback: boolean },
  client: Client,
): Promise<void> {
  if (!isRegistered(client)) return
  const { registrationTokenHashes: hashes } = client
  if (hashes.length > 1) await clients.update({ ...client, registrationTokenHashes: isLoopback ? hashes.slice(-1) : [] })
  await clients.markUsed(client.clientId)
}

const isRegistered = (client: Client): client is RegisteredClient => client.source === 'registered'
