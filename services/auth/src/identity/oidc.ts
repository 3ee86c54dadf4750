import { standardIdentity } from './claims.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { createOpenId } from './openid.ts'

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
