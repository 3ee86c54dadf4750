import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../http/sessions.ts'
import { OAuthError } from '../oauth/error.ts'
import { signedOutEverywherePage } from '../pages/account-signed-out.ts'
import { sendPage } from '../pages/send-page.ts'
import { endGrants } from '../store/end-grants.ts'
import { type AccountContext, accountPaths, gatewayName } from './account-context.ts'
import { logEnded } from './disconnect.ts'

/**
 * Ends every browser session of a person (`browsers`), or everything that acts for them (`everything`): apps, codes on their
 * way, personal tokens, remembered yeses. Grants end before the sessions, so that a fault leaves somebody who can press again,
 * and once more after them, for what another browser allowed in between.
 */
export async function signOutEverywhere(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Pick<AccountContext, 'config' | 'stores'> & { readonly sessions: Sessions },
  subject: string,
  what: string | undefined,
): Promise<FastifyReply> {
  const { config, stores, sessions } = context
  if (what !== 'browsers' && what !== 'everything') {
    throw new OAuthError('invalid_request', 'choose what to end', { reason: 'sign_out_without_choice' })
  }
  const ends = what === 'everything'
  let count = 0
  const endAll = async (): Promise<void> => {
    const ended = await endGrants(stores, subject)
    logEnded(request.log, subject, 'everything_ended_by_person', ended)
    count += ended.length
  }
  if (ends) {
    await endAll()
    await stores.approvals.forgetAll(subject)
  }
  await stores.sessions.deleteBySubject(subject)
  if (ends) await endAll()
  await sessions.end(request, reply)
  request.log.info({ event: 'signed_out_everywhere', actor: subject, subject, what, grants: count }, 'signed out everywhere')
  const view = { gateway: gatewayName(config), signIn: accountPaths(config).signIn, hasEndedEverything: ends }
  return sendPage(reply, 200, signedOutEverywherePage(view))
}
