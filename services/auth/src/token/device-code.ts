import { markUsed } from '../clients/mark-used.ts'
import type { Context } from '../context.ts'
import { isAdmitted } from '../oauth/admission.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { sha256 } from '../oauth/secret.ts'
import { createDeviceAuthorizations } from '../store/device-authorizations.ts'
import { endGrant } from '../store/end-grant.ts'
import { audienceOf } from './audience.ts'
import { bindingOf, grantExpiry, issueTokens } from './issue-tokens.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4): a device asks, again and again, what the person
 * said. `slow_down` is for devices that wait; a yes is told to whoever asks, however soon. Everything that may refuse comes
 * before the grant comes to life, which is one atomic step: of any number of parallel questions one gets tokens. The others
 * end nothing, because a device that asks twice is no thief but a device with a bad connection.
 */
export function deviceCodeGrant(
  context: Pick<Context, 'config' | 'stores' | 'clients' | 'keys' | 'resources' | 'clock'>,
  refreshTokens: RefreshTokens,
): TokenGrant {
  const { config, stores, keys, resources, clock } = context
  const devices = createDeviceAuthorizations(stores)
  return {
    grantType: DEVICE_CODE_GRANT_TYPE,
    redeem: async ({ params, client, log, jkt }) => {
      const code = params.device_code
      if (code === undefined) {
        throw new OAuthError('invalid_request', 'device_code is missing', { reason: 'device_code_missing' })
      }
      const codeHash = sha256(code)
      const authorization = await devices.findByCode(codeHash)
      if (!authorization) throw refuse('device_code_unknown')
      if (authorization.clientId !== client.clientId) throw refuse('device_code_of_other_client')
      const decision = await devices.decisionOf(authorization.id)
      if (decision?.decision === 'deny') throw denied('device_denied')
      if (nowSeconds(clock) >= authorization.expiresAt) throw expired()
      if (!decision) throw (await devices.isInTime(codeHash)) ? pending() : tooSoon()

      const found = await stores.grants.findCode(decision.grantId, codeHash)
      if (found.outcome !== 'live') throw refuse('device_code_spent')
      const { grant, code: binding } = found
      if (!isAdmitted(config.ALLOWED_USERS, grant.identity)) {
        await endGrant(stores, grant.id)
        const facts = { event: 'grant_ended', reason: 'not_allowed_any_more', grant: grant.id }
        log.warn(facts, 'person is no longer allowed, grant ended')
        throw denied('not_allowed_any_more')
      }
      const audience = audienceOf(resources, grant, params.resource).url

      const key = keys.current()
      const now = nowSeconds(clock)
      const refreshToken = refreshTokens.issue(grant.id)
      const grantExpiresAt = grantExpiry(config, grant, now)
      await markUsed(context, client)
      const refresh = { refreshHash: sha256(refreshToken), expiresAt: grantExpiresAt, ...bindingOf(client, jkt) }
      if ((await stores.grants.redeemCode(grant.id, codeHash, refresh)) !== 'redeemed') throw refuse('device_code_spent')
      const { scopes } = grant
      const idToken = { nonce: undefined, authTime: binding.authTime }
      return issueTokens(config, key, { grant, audience, scopes, refreshToken, now, grantExpiresAt, idToken, jkt })
    },
  }
}

const pending = (): OAuthError =>
  new OAuthError('authorization_pending', 'the person has not answered yet; ask again after the interval', {
    reason: 'authorization_pending',
  })

const tooSoon = (): OAuthError =>
  new OAuthError('slow_down', 'too soon; wait 5 seconds longer between questions from now on', { reason: 'slow_down' })

const expired = (): OAuthError =>
  new OAuthError('expired_token', 'the device_code has expired; start again', { reason: 'device_code_expired' })

/** RFC 8628 §3.5 has it among the errors of RFC 6749 §5.2, which are 400. */
const denied = (reason: string): OAuthError => new OAuthError('access_denied', 'the person denied it', { reason, status: 400 })

const refuse = (reason: string): OAuthError =>
  new OAuthError('invalid_grant', 'the device_code is unknown or used, or was issued to another client', { reason })
