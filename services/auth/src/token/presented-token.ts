import type { Context } from '../context.ts'
import { type AccessTokenClaims, type AccessTokenReading, createAccessTokenReader } from '../keys/access-token.ts'
import { readPersonalToken } from '../oauth/personal-token.ts'
import { equalDigests } from '../oauth/secret.ts'
import type { ActiveGrant } from '../store/grant-store.ts'
import { createRefreshTokens } from './refresh-tokens.ts'

/** A token of ours that somebody shows, with the live grant behind it. */
export type PresentedToken =
  /** In its time, and the minute after it that /verify allows too. `isRevoked` = it alone was given back before. */
  | {
      readonly kind: 'access_token'
      readonly claims: AccessTokenClaims
      readonly active: ActiveGrant
      readonly isRevoked: boolean
    }
  /** One that we made for this grant; `isCurrent` = the one that counts, not one that was replaced. */
  | { readonly kind: 'refresh_token'; readonly active: ActiveGrant; readonly isCurrent: boolean }
  | { readonly kind: 'personal_token'; readonly active: ActiveGrant }

/** @returns undefined for anything that opens nothing (any more). @throws StoreUnavailableError */
export type ReadPresentedToken = (token: string) => Promise<PresentedToken | undefined>

/**
 * Tells what a token is by its own form, so `token_type_hint` is of no use (RFC 7009 §2.1: the server "MAY ignore this
 * parameter"). The store is asked every time: what ended a moment ago on another replica is gone here.
 */
export function createTokenReader({
  config,
  stores,
  keys,
  clock,
  secrets,
}: Pick<Context, 'config' | 'stores' | 'keys' | 'clock' | 'secrets'>): ReadPresentedToken {
  const refreshTokens = createRefreshTokens(secrets)
  const readKnownKeys = createAccessTokenReader(keys, config.PUBLIC_URL, clock)

  const readAccessToken = async (token: string): Promise<AccessTokenReading> => {
    const reading = readKnownKeys(token)
    if (reading.outcome !== 'unknown_key') return reading
    await keys.refreshForUnknownKey()
    return readKnownKeys(token)
  }

  return async (token) => {
    const personal = readPersonalToken(token)
    if (personal) {
      const active = await stores.grants.find(personal.grantId)
      const hash = active?.grant.personalToken?.tokenHash
      return active && hash !== undefined && equalDigests(personal.tokenHash, hash)
        ? { kind: 'personal_token', active }
        : undefined
    }
    const refresh = refreshTokens.read(token)
    if (refresh) {
      const active = await stores.grants.find(refresh.grantId)
      if (!active) return undefined
      const isCurrent = active.refreshHash !== undefined && equalDigests(refresh.hash, active.refreshHash)
      // After a loss of GATEHOUSE_SECRETS the tag of a good one does not hold; a grant's id alone, which access tokens name,
      // gives nobody a hold on it.
      return isCurrent || refresh.isAuthentic ? { kind: 'refresh_token', active, isCurrent } : undefined
    }
    const access = await readAccessToken(token)
    if (access.outcome !== 'valid') return undefined
    const { claims } = access
    const active = await stores.grants.find(claims.grant_id)
    return active && { kind: 'access_token', claims, active, isRevoked: active.revokedTokens.includes(claims.jti) }
  }
}
