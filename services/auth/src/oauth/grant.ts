import type { Identity } from './identity.ts'

/** How a grant came about; people see it in the list of what is connected. */
export type GrantVia = 'authorization_code' | 'device_code' | 'client_credentials' | 'jwt_bearer' | 'personal_token'

/**
 * What one person allowed one client to do at one resource: the head of a chain of refresh tokens and the live
 * record that every access token names. Gone record = dead tokens.
 */
export interface Grant {
  /** `grt_…`, 128 random bits; part of codes and refresh tokens, and the access token's `grant_id` claim. */
  readonly id: string
  readonly clientId: string
  /** The person as they were at sign-in. */
  readonly identity: Identity
  /** As approved, byte-exact. Absent for grants that have no redirect (device, client_credentials). */
  readonly redirectUri?: string
  readonly scopes: readonly string[]
  /** Canonical resource URL: a server's, or PUBLIC_URL for every server the person may use. */
  readonly resource: string
  /** Unix seconds. */
  readonly createdAt: number
  /** Absent = by an authorization code. */
  readonly via?: GrantVia
  /** RFC 7638 thumbprint of the DPoP key that alone may use the refresh tokens (RFC 9449 §5); absent = not bound. */
  readonly jkt?: string
  /** Of a personal access token: what its person called it, and the digest by which it is recognised. */
  readonly personalToken?: { readonly name: string; readonly tokenHash: string }
}

/** What must be proved to turn an authorization code into tokens. */
export interface CodeBinding {
  /** SHA-256, base64url. Codes arrive hashed; no store sees one in clear. */
  readonly codeHash: string
  /** BASE64URL(SHA-256(verifier)), RFC 7636 §4.2. */
  readonly codeChallenge: string
  /** The `redirect_uri` parameter as sent to /authorize. */
  readonly redirectUri: string
  /** Unix seconds. */
  readonly expiresAt: number
  /** OpenID Connect `nonce`, when sent. */
  readonly nonce?: string
  /** Unix seconds of the person's sign-in, for the ID token. */
  readonly authTime?: number
  /** RFC 9449 §10: the key that must prove itself when the code is redeemed. */
  readonly dpopJkt?: string
}
