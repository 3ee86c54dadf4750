import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { openingSecret } from '../secrets/sealer.ts'
import type { KeyStore, StoredKey } from '../store/key-store.ts'
import { KEY_RETIRED_SECONDS } from './lifetimes.ts'
import { SIGNING_KEYS } from './stored-key.ts'

/** What an operator may know about a stored key. Times are Unix seconds. */
export interface KeyDescription {
  readonly kid: string
  readonly generation: number
  /** `next` is published and does not sign yet; `old` signs no more, and its tokens still hold. */
  readonly state: 'signing' | 'next' | 'old' | 'unreadable'
  readonly createdAt: number
  readonly activatesAt: number
  /** When an old key is removed. */
  readonly removedAt?: number
  /** Which of GATEHOUSE_SECRETS seals it, from 1; absent when none opens it. */
  readonly secret?: number
}

/** The stored keys, newest first. @throws StoreUnavailableError */
export async function describeKeys({
  store,
  secrets,
  clock,
}: {
  readonly store: KeyStore
  readonly secrets: readonly string[]
  readonly clock: Clock
}): Promise<KeyDescription[]> {
  const stored = await store.list()
  const places = new Map(stored.map((key) => [key, openingSecret(secrets, SIGNING_KEYS, key.sealedPrivateJwk)]))
  const line = stored.filter((key) => places.get(key) !== undefined)
  const signing = signingKey(line, nowSeconds(clock))
  return stored
    .map((key): KeyDescription => {
      const { kid, generation, createdAt, activatesAt } = key
      const facts = { kid, generation, createdAt, activatesAt }
      const place = places.get(key)
      if (place === undefined) return { ...facts, state: 'unreadable' }
      const secret = place + 1
      if (key === signing) return { ...facts, secret, state: 'signing' }
      const successor = line[line.indexOf(key) + 1]
      if (successor === undefined || generation > (signing?.generation ?? 0)) return { ...facts, secret, state: 'next' }
      return { ...facts, secret, state: 'old', removedAt: successor.activatesAt + KEY_RETIRED_SECONDS }
    })
    .reverse()
}

/** Of keys by generation, the last one whose time has come; the first where the clock of its maker is ahead of ours. */
const signingKey = <Key extends Pick<StoredKey, 'activatesAt'>>(line: readonly Key[], now: number): Key | undefined =>
  line.findLast((key) => key.activatesAt <= now) ?? line[0]
