import type { Grant } from '../oauth/grant.ts'
import { endGrant } from './end-grant.ts'
import type { Stores } from './stores.ts'

/**
 * Ends a person's grants everywhere, those included whose code is still on its way to the client. A fault in between ends
 * the rest in peace and is thrown after that, so that a second try completes the first.
 * @param isMeant - which of them; all by default
 * @returns those that there were
 * @throws StoreUnavailableError
 */
export async function endGrants(
  stores: Pick<Stores, 'grants' | 'revocations'>,
  subject: string,
  isMeant: (grant: Grant) => boolean = () => true,
): Promise<Grant[]> {
  const found = await stores.grants.listBySubject(subject, { withPending: true })
  const meant = found.map(({ grant }) => grant).filter(isMeant)
  const outcomes = await Promise.allSettled(meant.map((grant) => endGrant(stores, grant.id)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return meant.filter((_grant, index) => {
    const outcome = outcomes[index]
    return outcome?.status === 'fulfilled' && outcome.value
  })
}
