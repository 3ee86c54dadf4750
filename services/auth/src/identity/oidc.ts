import type { Identity } from '../oauth/identity.ts'
import { groupsClaim, textClaim, verifiedEmail } from './claims.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { type Claims, createOpenId } from './openid.ts'

export interface OidcOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly label: string
  readonly scope: string
}

/** Any OpenID Connect provider by its issuer: Keycloak, Authentik, Okta, Auth0, Dex and the like. */
export const createOidc = (options: OidcOptions): IdentityProvider =>
  createOpenId({ ...options, id: 'oidc', chooseAccountPrompt: 'login', identify: (claims) => standardIdentity('oidc', claims) })

/** Standard claims (OpenID Connect Core §5.1) and the `groups` that most providers can add. */
export function standardIdentity(provider: string, claims: readonly Claims[]): Identity {
  const login = textClaim(claims, 'preferred_username')
  const name = textClaim(claims, 'name')
  const email = verifiedEmail(claims)
  return {
    subject: `${provider}:${textClaim(claims, 'sub')}`,
    provider,
    ...(login === undefined ? {} : { login }),
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    groups: groupsClaim(claims),
    organizations: [],
    teams: [],
  }
}
