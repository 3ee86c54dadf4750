/** What must be remembered while a browser is at an identity provider. */
export interface SignInAttempt {
  readonly provider: string
  /** SHA-256, base64url, of the browser cookie that must come back with the callback. */
  readonly browserHash: string
  /** PKCE verifier towards the provider. */
  readonly codeVerifier: string
  /** OpenID Connect nonce towards the provider. */
  readonly nonce: string
  /** Where to go on: the sealed authorization request, or a local page. */
  readonly resume:
    | { readonly kind: 'authorize'; readonly sealedRequest: string }
    | { readonly kind: 'page'; readonly path: string }
}

/** Sign-ins on their way through an identity provider. Throws StoreUnavailableError when the backend does not answer. */
export interface SignInStore {
  put(stateHash: string, attempt: SignInAttempt, ttlSeconds: number): Promise<void>
  /** Reads without taking, so that a stranger's browser cannot spend somebody's attempt. */
  find(stateHash: string): Promise<SignInAttempt | undefined>
  /** Reads and removes in one atomic step: of any number of concurrent callers at most one gets the attempt. */
  take(stateHash: string): Promise<SignInAttempt | undefined>
}
