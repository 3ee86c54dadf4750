import { markUsed } from '../clients/mark-used.ts'
import type { Context } from '../context.ts'
import type { Params } from '../http/params.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { readCode } from '../oauth/code.ts'
import { OAuthError } from '../oauth/error.ts'
import type { CodeBinding, Grant } from '../oauth/grant.ts'
import { verifyPkce } from '../oauth/pkce.ts'
import { matchRedirectUri } from '../oauth/redirect-uri.ts'
import { sha256 } from '../oauth/secret.ts'
import { endGrant } from '../store/end-grant.ts'
import { audienceOf } from './audience.ts'
import { bindingOf, grantExpiry, issueTokens } from './issue-tokens.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=authorization_code` (OAuth 2.1 §4.1.3). Everything that may refuse comes before the code is spent, so that a
 * confused client can try again; a wrong proof counts, and five kill the code. The code is spent in one atomic step before
 * an answer exists: of any number of parallel redemptions one gets tokens, and the others end the grant, because a code that
 * comes twice with every proof right has leaked together with its proofs. A replay without them harms nobody.
 */
export function authorizationCodeGrant(
  context: Pick<Context, 'config' | 'stores' | 'clients' | 'keys' | 'resources' | 'clock'>,
  refreshTokens: RefreshTokens,
): TokenGrant {
  const { config, stores, keys, resources, clock } = context
  return {
    grantType: 'authorization_code',
    redeem: async ({ params, client, log, jkt }) => {
      const { code, code_verifier: verifier } = params
      if (code === undefined) throw missing('code')
      if (verifier === undefined) throw missing('code_verifier')
      const place = readCode(code)
      if (!place) throw refuse('code_malformed')
      const found = await stores.grants.findCode(place.grantId, place.codeHash)
      if (found.outcome === 'unknown') throw refuse('code_unknown')
      const { grant, code: binding } = found
      try {
        checkProofs(grant, binding, client, verifier, params, jkt)
      } catch (error) {
        if (found.outcome === 'live') await stores.grants.countFailedRedemption(place.grantId, place.codeHash)
        throw error
      }
      if (matchRedirectUri(client.redirectUris, binding.redirectUri) === undefined) throw refuse('redirect_uri_withdrawn')
      const audience = audienceOf(resources, grant, params.resource).url

      const key = keys.current()
      const now = nowSeconds(clock)
      const refreshToken = refreshTokens.issue(grant.id)
      const grantExpiresAt = grantExpiry(config, grant, now)
      if (found.outcome === 'live') await markUsed(context, client)
      const refresh = { refreshHash: sha256(refreshToken), expiresAt: grantExpiresAt, ...bindingOf(client, jkt) }
      const outcome = await stores.grants.redeemCode(place.grantId, place.codeHash, refresh)
      if (outcome === 'unknown') throw refuse('code_unknown')
      if (outcome === 'replayed') {
        await endGrant(stores, grant.id)
        log.warn({ event: 'code_replayed', client: client.clientId, grant: grant.id }, 'code replayed, grant ended')
        throw refuse('code_replayed')
      }
      const { scopes } = grant
      const idToken = { nonce: binding.nonce, authTime: binding.authTime }
      return issueTokens(config, key, { grant, audience, scopes, refreshToken, now, grantExpiresAt, idToken, jkt })
    },
  }
}

/** What only the client that began the flow can show. One text for all, so that a thief learns nothing. */
function checkProofs(
  grant: Grant,
  binding: CodeBinding,
  client: Client,
  verifier: string,
  params: Params,
  jkt: string | undefined,
): void {
  if (client.clientId !== grant.clientId) throw refuse('code_of_other_client')
  // OAuth 2.1 has no redirect_uri here; who sends it, as RFC 6749 §4.1.3 wanted, must send the same.
  if (params.redirect_uri !== undefined && params.redirect_uri !== binding.redirectUri) throw refuse('redirect_uri_mismatch')
  // RFC 9449 §10: the key was named when the flow began.
  if (binding.dpopJkt !== undefined && binding.dpopJkt !== jkt) throw refuse('code_of_other_key')
  verifyPkce(verifier, binding.codeChallenge)
}

const missing = (name: string): OAuthError =>
  new OAuthError('invalid_request', `${name} is missing`, { reason: `${name}_missing` })

const refuse = (reason: string): OAuthError =>
  new OAuthError('invalid_grant', 'the code is unknown, expired or spent, or was issued for another request', { reason })
