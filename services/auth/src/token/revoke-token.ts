import type { FastifyBaseLogger } from 'fastify'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { ACCESS_TOKEN_LEEWAY_SECONDS } from '../oauth/lifetimes.ts'
import { endGrant } from '../store/end-grant.ts'
import type { Stores } from '../store/stores.ts'
import type { PresentedToken } from './presented-token.ts'

/** Seconds after which it may work: revoked tokens are forgotten as they would have ended by themselves. */
const RETRY_AFTER_SECONDS = '60'

type Log = Pick<FastifyBaseLogger, 'info'>

/**
 * Ends what a token stands for, on every replica within milliseconds. Every step may be taken twice, and the message to the
 * replicas goes out every time: a second try completes the first.
 * @param client - who gives it back; undefined = whoever bears it, for personal tokens alone
 * @throws OAuthError `invalid_grant` for another client's token, which stays what it was; StoreUnavailableError
 */
export async function revokeToken(
  stores: Pick<Stores, 'grants' | 'revocations'>,
  token: PresentedToken,
  client: Client | undefined,
  log: Log,
): Promise<void> {
  const { grant } = token.active
  if (token.kind === 'personal_token') {
    await end(stores, token, log, 'revoked_by_bearer')
    return
  }
  const holder = token.kind === 'access_token' ? token.claims.client_id : grant.clientId
  if (client?.clientId !== holder) {
    // "If this validation fails, the request is refused and the client is informed of the error" (RFC 7009 §2.1).
    throw new OAuthError('invalid_grant', 'the token was not issued to this client', { reason: 'token_of_other_client' })
  }
  if (token.kind === 'refresh_token') {
    await end(stores, token, log, 'revoked_by_client', holder)
    return
  }
  // /verify takes a token for a while past its end, so it must be known for that long.
  const until = token.claims.exp + ACCESS_TOKEN_LEEWAY_SECONDS
  const outcome = await stores.grants.revokeToken(grant.id, token.claims.jti, until)
  if (outcome === 'full') {
    // An agent that acts for the person must not be able to end the person's own grant.
    if (holder !== grant.clientId) throw tooMany()
    await end(stores, token, log, 'revoked_by_client', holder)
    return
  }
  await stores.revocations.publish(grant.id)
  if (outcome === 'revoked' && !token.isRevoked) {
    const facts = { event: 'access_token_revoked', client: holder, subject: grant.identity.subject, grant: grant.id }
    log.info({ ...facts, jti: token.claims.jti }, 'access token revoked')
  }
}

async function end(
  stores: Pick<Stores, 'grants' | 'revocations'>,
  { active: { grant } }: PresentedToken,
  log: Log,
  reason: 'revoked_by_client' | 'revoked_by_bearer',
  client: string = grant.clientId,
): Promise<void> {
  if (!(await endGrant(stores, grant.id))) return
  log.info({ event: 'grant_ended', reason, client, subject: grant.identity.subject, grant: grant.id }, 'grant ended')
}

/** RFC 7009 §2.2.1: on 503 "the client must assume the token still exists and may retry after a reasonable delay". */
const tooMany = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'too many tokens of this sign-in were revoked at once; it ends by itself in time', {
    reason: 'revoked_tokens_full',
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
  })
