import type { KeyObject } from 'node:crypto'

/** The keys a gateway signs with, shared by every replica through the store. */
export interface SigningKeys {
  /** The key to sign with now. */
  current(): { readonly kid: string; readonly privateKey: KeyObject }
  /** A published key, current or not; undefined when we never had it or its tokens have all ended. */
  publicKey(kid: string): KeyObject | undefined
  /** RFC 7517 document: public members only, the next key included before it signs. */
  jwks(): { readonly keys: readonly Record<string, unknown>[] }
  /** Reads the store again and rotates when it is time; called on a timer and at start. @throws StoreUnavailableError */
  refresh(): Promise<void>
}
