import type { Context } from '../context.ts'
import { isAdmitted } from '../oauth/admission.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { OPENID_SCOPES, parseScope } from '../oauth/scope.ts'
import { sha256 } from '../oauth/secret.ts'
import { endGrant } from '../store/end-grant.ts'
import { audienceOf } from './audience.ts'
import { bindingOf, grantExpiry, issueTokens } from './issue-tokens.ts'
import { newestSuccessor, type RefreshTokens, sealSuccessor } from './refresh-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=refresh_token` with rotation (RFC 9700 §4.14.2). The old token yields the *same* successor again for
 * REFRESH_GRACE seconds, because real clients refresh from several processes and addresses at once; after that its return is
 * a replay and ends the family. Refusals are `invalid_grant`, and nothing but a token that we made can end a family: neither
 * another client nor a guess harms the owner.
 */
export function refreshTokenGrant(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'resources' | 'clock'>,
  refreshTokens: RefreshTokens,
): TokenGrant {
  const { config, stores, keys, resources, clock } = context
  return {
    grantType: 'refresh_token',
    redeem: async ({ params, client, log, jkt }) => {
      const presented = params.refresh_token
      if (presented === undefined)
        throw new OAuthError('invalid_grant', 'refresh_token is missing', { reason: 'refresh_token_missing' })
      const token = refreshTokens.read(presented)
      if (!token) throw refuse('refresh_token_malformed')
      const active = await stores.grants.find(token.grantId)
      if (!active) throw refuse('grant_gone')
      const { grant } = active
      if (grant.clientId !== client.clientId) throw refuse('refresh_token_of_other_client')
      // Who has the token without its key gets nothing and ends nothing: the family is its owner's.
      if (grant.jkt !== undefined && grant.jkt !== jkt) throw refuse('refresh_token_of_other_key')
      if (!isAdmitted(config.ALLOWED_USERS, grant.identity)) {
        await endGrant(stores, grant.id)
        log.warn(
          { event: 'grant_ended', reason: 'not_allowed_any_more', grant: grant.id },
          'person is no longer allowed, grant ended',
        )
        throw refuse('not_allowed_any_more')
      }
      const audience = audienceOf(resources, grant, params.resource).url
      const scopes = narrowed(grant.scopes, params.scope)

      const key = keys.current()
      const now = nowSeconds(clock)
      const grantExpiresAt = grantExpiry(config, grant, now)
      const successor = refreshTokens.issue(grant.id)
      const step = {
        ...{ refreshHash: sha256(successor), expiresAt: grantExpiresAt, sealed: sealSuccessor(presented, successor) },
        ...bindingOf(client, jkt),
      }
      const rotation = await stores.grants.rotate(grant.id, token.hash, step, config.REFRESH_GRACE)
      switch (rotation.outcome) {
        case 'rotated':
        case 'repeated': {
          const refreshToken = rotation.outcome === 'rotated' ? successor : newestSuccessor(presented, rotation.sealedChain)
          return issueTokens(config, key, { grant, audience, scopes, refreshToken, now, grantExpiresAt, jkt })
        }
        case 'stale':
          if (!token.isAuthentic) throw refuse('refresh_token_unknown')
          await endGrant(stores, grant.id)
          log.warn({ event: 'refresh_replayed', client: client.clientId, grant: grant.id }, 'refresh token replayed, grant ended')
          throw refuse('refresh_token_replayed')
        case 'gone':
          throw refuse('grant_gone')
      }
    },
  }
}

/**
 * The part of the grant that is asked for. What was never granted is left out, not refused: any code but `invalid_grant` is
 * fatal to clients. Without any scope of the server left (mcp-remote repeats `openid email profile`) it is the whole grant: a
 * token that opens nothing helps nobody.
 */
function narrowed(granted: readonly string[], requested: string | undefined): readonly string[] {
  const asked = parseScope(requested)
  const kept = granted.filter((scope) => asked.includes(scope))
  return kept.some((scope) => !OPENID_SCOPES.includes(scope)) ? kept : granted
}

const refuse = (reason: string): OAuthError =>
  new OAuthError('invalid_grant', 'the refresh token is unknown, expired or revoked; sign in again', { reason })
