import type { Grant } from '../oauth/grant.ts'
import { signJwt } from './jwt.ts'
import type { SigningKey } from './signing-keys.ts'

/**
 * Mints an ID token (OpenID Connect Core §2) for a grant with the scope `openid`. Which claims it carries beside the
 * required ones follows the scopes of the grant (§5.4).
 */
export function mintIdToken(
  key: SigningKey,
  issuer: string,
  token: {
    readonly grant: Grant
    readonly nonce: string | undefined
    /** Unix seconds of the sign-in. */
    readonly authTime: number | undefined
    readonly issuedAt: number
    readonly expiresAt: number
  },
): string {
  const { identity, scopes, clientId } = token.grant
  const profile = scopes.includes('profile')
  return signJwt(key, 'JWT', {
    iss: issuer,
    sub: identity.subject,
    aud: clientId,
    iat: token.issuedAt,
    exp: token.expiresAt,
    ...(token.nonce === undefined ? {} : { nonce: token.nonce }),
    ...(token.authTime === undefined ? {} : { auth_time: token.authTime }),
    ...(profile && identity.login !== undefined ? { preferred_username: identity.login } : {}),
    ...(profile && identity.name !== undefined ? { name: identity.name } : {}),
    ...(scopes.includes('email') && identity.email !== undefined ? { email: identity.email, email_verified: true } : {}),
  })
}
