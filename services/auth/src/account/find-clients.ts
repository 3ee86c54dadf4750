import type { ClientDirectory } from '../clients/client-directory.ts'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'

/** A person waits for the page; what is not known by then is left out. */
const CLIENT_NAMES_TIMEOUT_MS = 1500

/**
 * The clients of some ids, as far as they can be found in time: one whose document cannot be had right now, or that has gone,
 * is missing. @throws StoreUnavailableError
 */
export async function findClients(
  clients: Pick<ClientDirectory, 'find'>,
  clientIds: readonly string[],
  timeoutMs: number = CLIENT_NAMES_TIMEOUT_MS,
): Promise<ReadonlyMap<string, Client>> {
  const found = new Map<string, Client>()
  const lookUp = async (clientId: string): Promise<void> => {
    const client = await clients.find(clientId).catch((error: unknown) => {
      if (error instanceof OAuthError) return undefined
      throw error
    })
    if (client) found.set(clientId, client)
  }
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  try {
    await Promise.race([Promise.all([...new Set(clientIds)].map(lookUp)), late])
  } finally {
    clearTimeout(timer)
  }
  return new Map(found)
}
