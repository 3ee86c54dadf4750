import type { Context } from '../context.ts'
import type { Params } from '../http/params.ts'
import { type AccessTokenClaims, createAccessTokenReader } from '../keys/access-token.ts'
import { isAdmitted, mayHold } from '../oauth/admission.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import type { ActiveGrant } from '../store/grant-store.ts'

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'

/** A token of ours that holds: signed, in time, its grant alive, itself not revoked, its person still let in. */
export interface HeldToken {
  readonly claims: AccessTokenClaims
  readonly active: ActiveGrant
}

/** Reads the `subject_token` or the `actor_token` of an exchange. @throws OAuthError `invalid_request` (RFC 8693 §2.2.2) */
export type ReadHeldToken = (name: 'subject_token' | 'actor_token', params: Params, jkt?: string) => Promise<HeldToken>

/**
 * Reads our own access tokens as /verify does, but without the time that it lets them outlive `exp`. One that is bound to a key
 * (RFC 9449) needs a proof by this very key in the exchange: else whoever took it could exchange the binding away.
 */
export function createHeldTokenReader(context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'clock'>): ReadHeldToken {
  const { config, stores, keys, clients, clock } = context
  const read = createAccessTokenReader(keys, config.PUBLIC_URL, clock)
  return async (name, params, jkt) => {
    const token = params[name]
    const type = params[`${name}_type`]
    if (token === undefined) throw refuse(`${name} is missing`, `${name}_missing`)
    if (type === undefined) throw refuse(`${name}_type is missing`, `${name}_type_missing`)
    if (type !== ACCESS_TOKEN_TYPE && type !== JWT_TYPE) {
      throw refuse(`${name}_type must be ${ACCESS_TOKEN_TYPE} or ${JWT_TYPE}`, `${name}_type_unknown`)
    }
    let reading = read(token)
    if (reading.outcome === 'unknown_key') {
      await keys.refreshForUnknownKey()
      reading = read(token)
    }
    // One text for all that may be wrong with it, as for every other token that does not hold.
    const refuseToken = (reason: string) =>
      refuse(`${name} is not an access token of this gateway that holds`, `${name}_${reason}`)
    if (reading.outcome !== 'valid') throw refuseToken(reading.outcome)
    const { claims } = reading
    if (claims.exp <= nowSeconds(clock)) throw refuseToken('expired')
    const active = await stores.grants.find(claims.grant_id)
    if (!active) throw refuseToken('grant_gone')
    if (active.revokedTokens.includes(claims.jti)) throw refuseToken('revoked')
    if (!isAdmitted(config.ALLOWED_USERS, active.grant.identity, clients.isMachine)) throw refuseToken('not_allowed_any_more')
    if (!mayHold(claims.client_id, active.grant, clients.isAgent)) throw refuseToken('agent_not_listed_any_more')
    if (claims.cnf !== undefined && claims.cnf.jkt !== jkt) {
      throw refuse(`${name} is bound to a key; prove it by DPoP in this request`, `${name}_key_not_proved`)
    }
    return { claims, active }
  }
}

const refuse = (description: string, reason: string): OAuthError => new OAuthError('invalid_request', description, { reason })
