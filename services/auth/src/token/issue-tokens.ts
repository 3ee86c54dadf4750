import type { Context } from '../context.ts'
import { type Actor, mintAccessToken } from '../keys/access-token.ts'
import { mintIdToken } from '../keys/id-token.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import type { Client } from '../oauth/client.ts'
import type { Grant } from '../oauth/grant.ts'
import { GRANT_MAX_AGE_SECONDS } from '../oauth/lifetimes.ts'
import type { TokenResponse } from './token-grant.ts'

/** When a grant ends unless it is refreshed: REFRESH_TOKEN_TTL from now, and never past its greatest age. Unix seconds. */
export const grantExpiry = (config: Context['config'], grant: Grant, now: number): number =>
  Math.min(now + config.REFRESH_TOKEN_TTL, grant.createdAt + GRANT_MAX_AGE_SECONDS)

/**
 * The key that a grant's refresh tokens are bound to (RFC 9449 §5): that of a public client, which proves itself in no other way,
 * or not always. One that always needs a secret or a key of its own is bound by that.
 */
export const bindingOf = (client: Client, jkt: string | undefined): { readonly jkt?: string } =>
  jkt !== undefined && (client.tokenEndpointAuthMethod === 'none' || client.mayComeUnproved) ? { jkt } : {}

export interface Issue {
  readonly grant: Grant
  readonly audience: string
  readonly scopes: readonly string[]
  /** Absent for grants that end with their access token. */
  readonly refreshToken?: string
  /** Unix seconds. */
  readonly now: number
  readonly grantExpiresAt: number
  /** Whose access token it is; absent = the grant's client. */
  readonly clientId?: string
  /** The key it is bound to (RFC 9449). */
  readonly jkt?: string | undefined
  /** Who acts for the grant's person (RFC 8693). */
  readonly act?: Actor
  /** The first answer of a grant with the scope `openid` has an ID token (OpenID Connect Core §3.1.3.3). */
  readonly idToken?: { readonly nonce: string | undefined; readonly authTime: number | undefined }
}

/** Mints what the answer carries. Pure, given the key: nothing can fail here after the store took its step. */
export function issueTokens(config: Context['config'], key: SigningKey, issue: Issue): TokenResponse {
  const { grant, audience, scopes, now, refreshToken, clientId, jkt, act } = issue
  const issuer = config.PUBLIC_URL
  const expiresAt = Math.min(now + config.ACCESS_TOKEN_TTL, issue.grantExpiresAt)
  const times = { issuedAt: now, expiresAt }
  return {
    access_token: mintAccessToken(key, issuer, { grant, audience, scopes, clientId, jkt, act, ...times }),
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: expiresAt - now,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    scope: scopes.join(' '),
    ...(issue.idToken && scopes.includes('openid')
      ? { id_token: mintIdToken(key, issuer, { grant, ...issue.idToken, ...times }) }
      : {}),
  }
}
