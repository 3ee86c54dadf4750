import type { webcrypto } from 'node:crypto'
import { importJWK } from 'jose'
import { z } from 'zod'
import { type AssertionKeys, KeysUnavailableError } from './assertion-keys.ts'

/** An unknown kid asks the gateway again, but made-up kids must not make a request each. */
const COOLDOWN_MS = 5_000
/** A key that the gateway has withdrawn is believed no longer than this after. */
const FRESH_MS = 300_000
const FETCH_TIMEOUT_MS = 3_000
const MAX_KEYS = 32

const jwk = z.object({
  kty: z.string(),
  kid: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().default(''),
  y: z.string().default(''),
})
const keySet = z.object({
  keys: z.array(jwk),
})

export interface RemoteKeysOptions {
  readonly url: string
  readonly getJson: (url: string, timeoutMs: number) => Promise<unknown>
  readonly clock: () => number
}

/**
 * Keys from a JWK set over HTTP. Concurrent questions share one request. Known keys keep answering while the gateway is
 * away for up to FRESH_MS; an unknown one is then KeysUnavailableError, not "no such key".
 */
export function createRemoteKeys({ url, getJson, clock }: RemoteKeysOptions): AssertionKeys {
  let keys = new Map<string, webcrypto.CryptoKey>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let pending: Promise<void> | undefined

  /** Before the time it counts from, the clock was set back, which tells nothing. */
  const isWithin = (sinceMs: number, ms: number): boolean => {
    const passed = clock() - sinceMs
    return passed >= 0 && passed < ms
  }
  const isFresh = (): boolean => isWithin(fetchedAt, FRESH_MS)

  const refresh = (): Promise<void> => {
    pending ??= (async () => {
      triedAt = clock()
      try {
        keys = await readKeys(await getJson(url, FETCH_TIMEOUT_MS))
        fetchedAt = clock()
        failure = undefined
      } catch (error) {
        failure = error
      } finally {
        pending = undefined
      }
    })()
    return pending
  }

  return {
    async find(kid) {
      const known = keys.get(kid)
      if (known !== undefined && isFresh()) return known
      // "No such key" is certain only of a set that was asked for after the question: the gateway may have made it just now.
      const asksItself = pending === undefined && !isWithin(triedAt, COOLDOWN_MS)
      if (pending !== undefined || asksItself) await refresh()
      const found = keys.get(kid)
      if (!isFresh() || (found === undefined && (failure !== undefined || !asksItself))) {
        const why = failure === undefined ? 'was asked too recently to be asked about this key' : 'does not answer'
        throw new KeysUnavailableError(`${url} ${why}`, { cause: failure })
      }
      return found
    },
  }
}

async function readKeys(document: unknown): Promise<Map<string, webcrypto.CryptoKey>> {
  const keys = new Map<string, webcrypto.CryptoKey>()
  for (const jwk of keySet.parse(document).keys.slice(0, MAX_KEYS)) {
    if (jwk.kid === undefined || jwk.kty !== 'EC' || jwk.crv !== 'P-256') continue
    const { kty, crv, x, y } = jwk
    const key = await importJWK({ kty, crv, x, y }, 'ES256')
    if (!(key instanceof Uint8Array)) keys.set(jwk.kid, key)
  }
  return keys
}
