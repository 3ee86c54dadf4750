import type { AccessTokenReading } from '../keys/access-token.ts'
import type { Grant } from '../oauth/grant.ts'
import type { GrantStore } from '../store/grant-store.ts'
import type { RefreshTokens } from './refresh-tokens.ts'

/**
 * The live grant that a token of ours belongs to; undefined for anything else. A refresh token must be one that we made, or
 * the current one: a grant's id alone, which access tokens name, gives nobody a hold on it.
 */
export async function findGrantOfToken(
  grants: GrantStore,
  refreshTokens: RefreshTokens,
  readAccessToken: (token: string) => AccessTokenReading,
  token: string,
): Promise<Grant | undefined> {
  const refresh = refreshTokens.read(token)
  if (refresh) {
    const active = await grants.find(refresh.grantId)
    if (!active || refresh.isAuthentic) return active?.grant
    // Its tag does not hold, which after a loss of GATEHOUSE_SECRETS is no proof against it; the store decides, by a step
    // that only the current token can take. Whoever asks here is about to end the grant, so its successor is nobody's.
    const nobodys = { refreshHash: refresh.hash, expiresAt: active.expiresAt, sealed: '' }
    const rotation = await grants.rotate(refresh.grantId, refresh.hash, nobodys, 0)
    return rotation.outcome === 'rotated' ? rotation.grant : undefined
  }
  const access = readAccessToken(token)
  if (access.outcome !== 'valid') return undefined
  return (await grants.find(access.claims.grant_id))?.grant
}
