import type { ActiveGrant, Stores } from '@gatehouse/auth/operator'

/**
 * Grants of a person, of a client, of both, or of everybody; newest first. Of a person or a client also those whose code is
 * still on its way, which are about to live. @throws StoreUnavailableError
 */
export async function grantsOf(
  { grants }: Pick<Stores, 'grants'>,
  { user, client }: { readonly user: string | undefined; readonly client: string | undefined },
): Promise<ActiveGrant[]> {
  if (user !== undefined) {
    const ofPerson = await grants.listBySubject(user, { withPending: true })
    return client === undefined ? ofPerson : ofPerson.filter(({ grant }) => grant.clientId === client)
  }
  return client === undefined ? grants.list() : grants.listByClient(client)
}
