import type { KeyObject } from 'node:crypto'

/** One key pair of ours, opened. */
export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Public members, with `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, unknown>>
}

/** The keys a gateway signs with, shared by every replica through the store. */
export interface SigningKeys {
  /** The key to sign with now. @throws StoreUnavailableError until the keys were read for the first time */
  current(): SigningKey
  /**
   * Every key whose tokens may still live, the next one included before it signs. The same array until something
   * changed, so that what is computed from it can be kept. @throws StoreUnavailableError as current()
   */
  published(): readonly SigningKey[]
  /** RFC 7517 document: public members only. @throws StoreUnavailableError as current() */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** Reads the store again and rotates when it is time; called on a timer and at start. @throws StoreUnavailableError */
  refresh(): Promise<void>
  /**
   * As refresh(), for a token whose key we do not know: another replica may just have made it. At most once in
   * KEY_LOOKUP_COOLDOWN_SECONDS, so that forged key ids do not reach the store. @throws StoreUnavailableError
   */
  refreshForUnknownKey(): Promise<void>
}
