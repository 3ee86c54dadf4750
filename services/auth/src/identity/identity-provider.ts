import type { Identity } from '../oauth/identity.ts'

/** One sign-in on its way. The caller made the values, keeps them, and has checked `state` before completeLogin. */
export interface LoginAttempt {
  /** Opaque, 256 bits. */
  readonly state: string
  /** PKCE verifier; a provider that cannot do PKCE ignores it. */
  readonly codeVerifier: string
  readonly nonce: string
  /** Our callback: PUBLIC_URL/callback/ID. */
  readonly redirectUri: string
  /** The person wants to be asked which account, where the provider can ask. */
  readonly chooseAccount?: boolean
}

/** A way for people to prove who they are by going to another site. One file per provider. */
export interface IdentityProvider {
  /** Short, stable, lower case: part of `sub` (`github:1234`), of store keys and of the callback's path. */
  readonly id: string
  /** What the sign-in button says after "Sign in with". */
  readonly label: string
  /** Where to send the browser. May fetch the provider's metadata once. @throws IdentityProviderError `unavailable` */
  loginUrl(attempt: LoginAttempt, signal: AbortSignal): Promise<URL>
  /**
   * Turns the provider's redirect back into a person.
   * @param callback - the query of the redirect, `state` already checked
   * @throws IdentityProviderError
   */
  completeLogin(attempt: LoginAttempt, callback: URLSearchParams, signal: AbortSignal): Promise<Identity>
}

export type IdentityProviderFault =
  /** The person said no at the provider. */
  | 'denied'
  /** The provider refused the code, or its answer failed a check. */
  | 'rejected'
  /** No usable answer before the signal fired. */
  | 'unavailable'

/** The message is for the log: it may quote the provider and is never shown to a browser. */
export class IdentityProviderError extends Error {
  override readonly name = 'IdentityProviderError'
  readonly fault: IdentityProviderFault
  constructor(fault: IdentityProviderFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.fault = fault
  }
}
