import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { randomSecret } from '../oauth/secret.ts'
import { createSealer } from '../secrets/sealer.ts'
import type { Stores } from '../store/stores.ts'

/** An operator renews what must last longer. */
export const INITIAL_ACCESS_TOKEN_MAX_SECONDS = 365 * 86_400

const PURPOSE = 'initial-access-token'
const ID_BYTES = 8
const BEARER = /^bearer +iat_([A-Za-z0-9_-]{1,512})$/i

/** What an initial access token says (RFC 7591 §1.2); nothing of it is stored until it is used or revoked. */
export interface InitialAccessToken {
  /** Stands in the log beside each registration, and revokes it. */
  readonly id: string
  /** Unix seconds. */
  readonly expiresAt: number
  /** Registrations it is good for; absent = any number. */
  readonly uses?: number
}

/** `iat_` and the sealed facts, so that making one needs no store (docs/adr/0017-initial-access-tokens.md). */
export function makeInitialAccessToken(
  secrets: readonly string[],
  { expiresAt, uses }: Omit<InitialAccessToken, 'id'>,
): { readonly token: string; readonly id: string } {
  const id = randomSecret(ID_BYTES)
  const facts: InitialAccessToken = { id, expiresAt, ...(uses === undefined ? {} : { uses }) }
  return { id, token: `iat_${createSealer(secrets, PURPOSE).seal(JSON.stringify(facts))}` }
}

/** From now on no replica takes it. Whether it ever existed is not known. @throws StoreUnavailableError */
export const revokeInitialAccessToken = ({ expiring }: Pick<Stores, 'expiring'>, id: string): Promise<void> =>
  expiring.put('revoked-registration-token', id, '1', INITIAL_ACCESS_TOKEN_MAX_SECONDS)

export interface InitialAccessTokens {
  /**
   * Reads the token of a registration. @throws OAuthError 401 with WWW-Authenticate, the same for a made-up, changed, expired
   * or revoked one (RFC 7591 §3, RFC 6750 §3.1)
   */
  read(authorization: string | undefined): Promise<InitialAccessToken>
  /** Takes one use off it. @throws OAuthError as read() when none is left */
  spend(token: InitialAccessToken): Promise<void>
}

export function createInitialAccessTokens(context: {
  readonly secrets: readonly string[]
  readonly stores: Pick<Stores, 'expiring' | 'throttles'>
  readonly clock: Clock
}): InitialAccessTokens {
  const { stores, clock } = context
  const sealer = createSealer(context.secrets, PURPOSE)
  return {
    read: async (authorization) => {
      if (authorization === undefined) {
        throw refuse('a registration needs an initial access token from the operator', 'initial_access_token_missing', 'Bearer')
      }
      const text = sealer.open(BEARER.exec(authorization)?.[1] ?? '')
      if (text === undefined) throw refuseToken('initial_access_token_wrong')
      const token = JSON.parse(text) as InitialAccessToken
      if (nowSeconds(clock) >= token.expiresAt) throw refuseToken('initial_access_token_expired')
      if ((await stores.expiring.find('revoked-registration-token', token.id)) !== undefined) {
        throw refuseToken('initial_access_token_revoked')
      }
      return token
    },
    spend: async ({ id, uses, expiresAt }) => {
      if (uses === undefined) return
      const used = await stores.throttles.hit(`initial-access-token:${id}`, expiresAt - nowSeconds(clock) + 1)
      if (used > uses) throw refuseToken('initial_access_token_spent')
    },
  }
}

const refuseToken = (reason: string): OAuthError =>
  refuse(
    'the initial access token is unknown, expired or used up; ask the operator for another',
    reason,
    'Bearer error="invalid_token"',
  )

const refuse = (description: string, reason: string, challenge: string): OAuthError =>
  new OAuthError('invalid_token', description, { reason, headers: { 'www-authenticate': challenge } })
