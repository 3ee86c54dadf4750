import type { Context } from '../context.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { ACCESS_TOKEN_LEEWAY_SECONDS } from '../oauth/lifetimes.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'

/** What makes one standing grant another. */
export type StandingGrantWish = Pick<Grant, 'clientId' | 'identity' | 'scopes' | 'resource'> & Required<Pick<Grant, 'via'>>

/**
 * The grant behind access tokens that come without a refresh token and can be asked for again at any time. It lives for two
 * lives of an access token, and all tokens that are asked for in the first of them are of it: however often a program asks, no
 * more than two of its records are alive for one wish, and one more for each that asked in the very same moment
 * (docs/adr/0009-one-grant-for-many-tokens.md). It outlives every token of it.
 */
export async function standingGrant(
  { stores, config, clock }: Pick<Context, 'stores' | 'config' | 'clock'>,
  wish: StandingGrantWish,
): Promise<{ readonly grant: Grant; readonly expiresAt: number }> {
  const now = nowSeconds(clock)
  const tokenLife = config.ACCESS_TOKEN_TTL + ACCESS_TOKEN_LEEWAY_SECONDS
  const active = await stores.grants.listBySubject(wish.identity.subject)
  const found = active.find(({ grant, expiresAt }) => expiresAt >= now + tokenLife && wishOf(grant) === wishOf(wish))
  if (found) {
    await stores.grants.touch(found.grant.id)
    return found
  }
  const grant: Grant = { id: newGrantId(), ...wish, createdAt: now }
  const expiresAt = now + config.ACCESS_TOKEN_TTL + tokenLife
  await stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt })
  return { grant, expiresAt }
}

const wishOf = ({ clientId, via, resource, scopes, identity }: Grant | StandingGrantWish): string =>
  JSON.stringify([clientId, via, resource, scopes, identity])
