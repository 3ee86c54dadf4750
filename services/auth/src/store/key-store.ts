/** A signing key as stored: the private half is encrypted with GATEHOUSE_SECRET. */
export interface StoredKey {
  /** Position in the line of keys, from 0; unique. */
  readonly generation: number
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly publicJwk: Record<string, unknown>
  readonly sealedPrivateJwk: string
  /** Unix seconds from which it signs; until then it is only published. */
  readonly activatesAt: number
  /** Unix seconds. */
  readonly createdAt: number
}

/** Signing keys shared by every replica. Throws StoreUnavailableError. */
export interface KeyStore {
  /** All keys, by generation. */
  list(): Promise<StoredKey[]>
  /** Adds the key unless its generation exists: of any number of concurrent callers exactly one gets true. */
  add(key: StoredKey): Promise<boolean>
  /**
   * Replaces how a key is sealed; false when this key is gone, so that nobody brings back one that was removed meanwhile.
   * Its `kid` and `generation` say which.
   */
  replace(key: StoredKey): Promise<boolean>
  remove(generation: number): Promise<void>
}
