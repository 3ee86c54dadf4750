import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { createSealer } from '../secrets/sealer.ts'
import type { KeyStore, StoredKey } from '../store/key-store.ts'
import { KEY_ANNOUNCED_SECONDS } from './lifetimes.ts'
import { makeKey, nextGeneration, SIGNING_KEYS } from './stored-key.ts'

export interface Rotation {
  readonly kid: string
  /** Unix seconds from which it signs. */
  readonly activatesAt: number
  /** The kids of keys that were removed, with every token they signed. */
  readonly removed: readonly string[]
}

/**
 * Puts a new key at the head of the line, now and not when the schedule says so. It is published for
 * KEY_ANNOUNCED_SECONDS before it signs, and the tokens of the old ones hold until they end: nobody notices.
 * @param options.immediately - the old ones are lost to somebody: the new key signs at once and they are removed, so that
 *   whatever they signed is worth nothing from each replica's next reading on
 * @throws StoreUnavailableError; asking again completes what was begun
 */
export async function rotateKeys(
  { store, secrets, clock }: { readonly store: KeyStore; readonly secrets: readonly string[]; readonly clock: Clock },
  { immediately }: { readonly immediately: boolean },
): Promise<Rotation> {
  const now = nowSeconds(clock)
  const activatesAt = immediately ? now : now + KEY_ANNOUNCED_SECONDS
  const key = await addKey(store, secrets, { activatesAt, createdAt: now })
  return { kid: key.kid, activatesAt, removed: immediately ? await removeBefore(store, key.generation) : [] }
}

async function addKey(
  store: KeyStore,
  secrets: readonly string[],
  times: Pick<StoredKey, 'activatesAt' | 'createdAt'>,
): Promise<StoredKey> {
  const sealer = createSealer(secrets, SIGNING_KEYS)
  for (;;) {
    const generation = nextGeneration(await store.list())
    const key = await makeKey(sealer, { generation, ...times })
    // Lost to a replica that rotates by its schedule: ours comes after theirs.
    if (await store.add(key)) return key
  }
}

async function removeBefore(store: KeyStore, generation: number): Promise<string[]> {
  const old = (await store.list()).filter((key) => key.generation < generation)
  for (const key of old) await store.remove(key.generation)
  return old.map(({ kid }) => kid)
}
