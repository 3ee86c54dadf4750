import type { FastifyBaseLogger } from 'fastify'
import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Grant } from '../oauth/grant.ts'
import { endGrants } from '../store/end-grants.ts'
import type { Stores } from '../store/stores.ts'

/**
 * Ends one connection of a person, or all of one app, whichever the form names; somebody else's is as good as none. Every yes
 * that was remembered is forgotten, so that no app comes back without asking.
 * @returns how many there were
 * @throws OAuthError when the form names neither; StoreUnavailableError, and a second try completes the first
 */
export async function disconnect(
  stores: Pick<Stores, 'grants' | 'revocations' | 'approvals'>,
  subject: string,
  { grant: grantId, client: clientId }: Params,
  log: Pick<FastifyBaseLogger, 'info'>,
): Promise<number> {
  if ((grantId === undefined) === (clientId === undefined)) {
    throw new OAuthError('invalid_request', 'choose what to disconnect', { reason: 'disconnect_without_choice' })
  }
  const isMeant = (grant: Grant): boolean =>
    grant.personalToken === undefined && (grantId === undefined ? grant.clientId === clientId : grant.id === grantId)
  const ended = await endGrants(stores, subject, isMeant)
  await stores.approvals.forgetAll(subject)
  logEnded(log, subject, 'disconnected_by_person', ended)
  return ended.length
}

/** A line for each, with who did it. */
export function logEnded(
  log: Pick<FastifyBaseLogger, 'info'>,
  subject: string,
  reason: 'disconnected_by_person' | 'token_revoked_by_person' | 'everything_ended_by_person',
  grants: readonly Grant[],
): void {
  for (const { id, clientId } of grants) {
    log.info({ event: 'grant_ended', reason, actor: subject, subject, client: clientId, grant: id }, 'grant ended')
  }
}
