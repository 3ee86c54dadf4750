import type { Identity } from '../oauth/identity.ts'
import { standardIdentity, textClaim } from './claims.ts'
import { type IdentityProvider, IdentityProviderError } from './identity-provider.ts'
import { type Claims, createOpenId } from './openid.ts'

export interface MicrosoftOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** A tenant's id or domain, or `common`, `organizations`, `consumers`. */
  readonly tenant: string
}

/** Tenants that stand for many: an address in their tokens may be one that some tenant's administrator just wrote down. */
const SHARED_TENANTS = new Set(['common', 'organizations', 'consumers'])

/**
 * Microsoft Entra ID and personal Microsoft accounts. The issuer of a shared tenant is a template, which the library fills
 * with the token's own tenant. The subject is tenant and object id: `sub` differs per app, and the rest changes hands.
 */
export const createMicrosoft = ({ tenant, ...options }: MicrosoftOptions): IdentityProvider =>
  createOpenId({
    ...options,
    id: 'microsoft',
    label: 'Microsoft',
    issuer: `https://login.microsoftonline.com/${encodeURIComponent(tenant)}/v2.0`,
    scope: 'openid profile email',
    chooseAccountPrompt: 'select_account',
    identify: (claims) => microsoftIdentity(claims, { isOwnTenant: !SHARED_TENANTS.has(tenant.toLowerCase()) }),
  })

/**
 * Microsoft never says `email_verified`, and its `email` is whatever an administrator wrote ("nOAuth"). An address counts when
 * `xms_edov` vouches for its domain, or when it is the sign-in name in the operator's own tenant, whose domains are proved.
 */
export function microsoftIdentity(claims: readonly Claims[], { isOwnTenant }: { readonly isOwnTenant: boolean }): Identity {
  const [idToken = {}] = claims
  const tenantId = textClaim([idToken], 'tid')
  const objectId = textClaim([idToken], 'oid')
  if (tenantId === undefined || objectId === undefined) {
    throw new IdentityProviderError('rejected', 'the ID token of Microsoft has no tid or no oid')
  }
  const { email: _unverified, ...rest } = standardIdentity('microsoft', claims)
  const email = idToken.xms_edov === true || idToken.xms_edov === 1 ? textClaim([idToken], 'email') : undefined
  const address = email ?? (isOwnTenant ? signInAddress(rest.login) : undefined)
  return { ...rest, subject: `microsoft:${tenantId}:${objectId}`, ...(address === undefined ? {} : { email: address }) }
}

/** A guest's sign-in name is another tenant's address in disguise (`a_b.com#EXT#@…`). */
const signInAddress = (login: string | undefined): string | undefined =>
  login !== undefined && /^[^@#\s]+@[^@#\s]+$/.test(login) ? login : undefined
