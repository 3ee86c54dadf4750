import type { CodeBinding, Grant } from '../oauth/grant.ts'

export type CodeLookup =
  | { outcome: 'live' | 'spent'; grant: Grant; code: CodeBinding }
  /** Never issued, expired, dead by failures, or of a grant that was revoked. */
  | { outcome: 'unknown' }

export type Rotation =
  | { outcome: 'rotated'; grant: Grant }
  /**
   * The token was rotated before, within the grace. `sealedChain` holds the sealed successors from the presented
   * token to the newest one: the first opens with the presented token, each further one with the one before.
   */
  | { outcome: 'repeated'; grant: Grant; sealedChain: readonly string[] }
  /** The grant lives, but this is neither its current token nor one rotated within the grace. */
  | { outcome: 'stale'; grant: Grant }
  | { outcome: 'gone' }

export interface RefreshState {
  /** SHA-256, base64url, of the current refresh token. */
  readonly refreshHash: string
  /** Unix seconds at which the whole grant ends unless it is rotated again. */
  readonly expiresAt: number
  /** Becomes the grant's `jkt` with this step, unless it has one; what the step answers shows the grant as it was before. */
  readonly jkt?: string | undefined
}

/** Instead of a digest, for a grant that has no refresh token: no token has it. */
export const NO_REFRESH_TOKEN = 'none'

export interface ActiveGrant {
  readonly grant: Grant
  /** Unix seconds. */
  readonly expiresAt: number
  /** Unix seconds of the last issue, refresh or noted use of tokens. */
  readonly lastUsedAt: number
  /** Digest of the refresh token that counts now, or NO_REFRESH_TOKEN; undefined = its code was not redeemed yet. */
  readonly refreshHash: string | undefined
  /** `jti` of the access tokens that were revoked while the grant lives on (RFC 7009). */
  readonly revokedTokens: readonly string[]
}

/**
 * Grants from approval to their end. One record carries a grant's whole life (code, then refresh tokens), so that each
 * step is one atomic write to one key and no crash leaves half a grant. Every method throws StoreUnavailableError
 * when the backend does not answer, and never reports an outage as an absence.
 */
export interface GrantStore {
  /** Stores a grant that only its code can bring to life. It is gone at `code.expiresAt`. */
  issueCode(grant: Grant, code: CodeBinding): Promise<void>
  /** Reads what a code is bound to, without spending it. A spent code is known until its original expiry. */
  findCode(grantId: string, codeHash: string): Promise<CodeLookup>
  /** Counts a redemption whose proof was wrong; at CODE_FAILURES_LIMIT the code is dead. A spent code is not touched. */
  countFailedRedemption(grantId: string, codeHash: string): Promise<void>
  /**
   * Spends the code and brings the grant to life in one atomic step: of any number of concurrent callers exactly one
   * gets `redeemed`, the others `replayed` (RFC 6749 §4.1.2).
   */
  redeemCode(grantId: string, codeHash: string, refresh: RefreshState): Promise<'redeemed' | 'replayed' | 'unknown'>
  /** Stores a grant that is alive at once (grants without a code); `refreshHash` may be NO_REFRESH_TOKEN. */
  create(grant: Grant, refresh: RefreshState): Promise<void>
  /** The live grant; undefined when pending, expired or revoked. */
  find(grantId: string): Promise<ActiveGrant | undefined>
  /**
   * Replaces the current refresh token in one atomic step: of any number of concurrent callers with the same token
   * exactly one successor is ever stored; the others get `repeated` with it. A grace of 0 keeps no predecessors.
   * At most 16 predecessors are kept.
   */
  rotate(
    grantId: string,
    presentedHash: string,
    successor: RefreshState & { readonly sealed: string },
    graceSeconds: number,
  ): Promise<Rotation>
  /**
   * Remembers that one access token of a live grant is revoked, until the time it would end by itself. With
   * REVOKED_TOKENS_LIMIT such tokens it answers `full` and remembers nothing: end the grant then. Whoever calls this also
   * publishes to the RevocationBus.
   * @param until - Unix seconds
   */
  revokeToken(grantId: string, jti: string, until: number): Promise<'revoked' | 'full' | 'gone'>
  /** Notes that a live grant is in use now. */
  touch(grantId: string): Promise<void>
  /** Ends a grant; true when there was one. Whoever calls this also publishes to the RevocationBus. */
  revoke(grantId: string): Promise<boolean>
  /** Live grants of a person, newest first; on demand also those whose code was not redeemed yet. */
  listBySubject(subject: string, options?: { readonly withPending?: boolean }): Promise<ActiveGrant[]>
  /** Live and pending grants of a client. */
  listByClient(clientId: string): Promise<ActiveGrant[]>
  /** Live grants of everybody, newest first. For operators: on Redis it reads the whole key space. */
  list(): Promise<ActiveGrant[]>
}
