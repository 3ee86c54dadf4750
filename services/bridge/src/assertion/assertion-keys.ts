import type { webcrypto } from 'node:crypto'

/** The gateway's public keys. The one-process edition hands them over directly; else they come from JWKS_URL. */
export interface AssertionKeys {
  /**
   * @returns undefined when the gateway has no such key
   * @throws KeysUnavailableError when that cannot be told now
   */
  find(kid: string): Promise<webcrypto.CryptoKey | undefined>
}

/** The gateway did not give its keys: not the caller's fault, so it must answer 503 and never 401. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}
