import { endGrant } from '../store/end-grant.ts'
import type { Stores } from '../store/stores.ts'

/**
 * Removes a client and everything people allowed it, pending codes included (RFC 7592 §2.3). The grants go first, so that a
 * fault on the way leaves a client that can try again; and once more afterwards, for one that was approved meanwhile.
 * @returns how many grants ended
 */
export async function deleteClient(
  stores: Pick<Stores, 'clients' | 'grants' | 'revocations'>,
  clientId: string,
): Promise<number> {
  const before = await endGrantsOf(stores, clientId)
  await stores.clients.delete(clientId)
  return before + (await endGrantsOf(stores, clientId))
}

async function endGrantsOf(stores: Pick<Stores, 'grants' | 'revocations'>, clientId: string): Promise<number> {
  const grants = await stores.grants.listByClient(clientId)
  for (const { grant } of grants) await endGrant(stores, grant.id)
  return grants.length
}
