/** What is kept for a while under a name. Each kind has its own names. */
export type ExpiringKind =
  | 'pushed-request'
  | 'device-code'
  | 'user-code'
  | 'replay'
  | 'client-document'
  | 'revoked-registration-token'

/**
 * Values that end by themselves: opaque text, sealed by the caller when it holds secrets, under names that are digests when
 * knowing them is worth something. Throws StoreUnavailableError when the backend does not answer.
 */
export interface ExpiringStore {
  /** Replaces whatever was there. */
  put(kind: ExpiringKind, name: string, value: string, ttlSeconds: number): Promise<void>
  /** Adds it unless there is one: of any number of concurrent callers exactly one gets true. */
  add(kind: ExpiringKind, name: string, value: string, ttlSeconds: number): Promise<boolean>
  find(kind: ExpiringKind, name: string): Promise<string | undefined>
  /** Reads and removes in one atomic step: of any number of concurrent callers at most one gets the value. */
  take(kind: ExpiringKind, name: string): Promise<string | undefined>
}
