import type { Logger } from '@gatehouse/runtime'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { createSealer } from '../secrets/sealer.ts'
import type { KeyStore, StoredKey } from '../store/key-store.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { KEY_ACTIVE_SECONDS, KEY_LOOKUP_COOLDOWN_SECONDS, KEY_PUBLISHED_AHEAD_SECONDS, KEY_RETIRED_SECONDS } from './lifetimes.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'
import { makeKey, nextGeneration, openKey, SIGNING_KEYS } from './stored-key.ts'

export interface SigningKeysOptions {
  readonly store: KeyStore
  readonly secrets: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

/** A key we could open, with its place in the line. */
type Opened = SigningKey & { readonly stored: StoredKey }

/**
 * The line of signing keys in the store: the current one, the next one from a day before it signs, and old ones until
 * their tokens have ended. Any number of replicas agree on it, because a generation can be added only once. Keys that
 * GATEHOUSE_SECRETS no longer opens are passed over: new ones take their place, refresh tokens are not touched.
 *
 * Nothing is read yet; call refresh(). Until it succeeded, every member throws StoreUnavailableError.
 */
export function createSigningKeys({ store, secrets, clock, log }: SigningKeysOptions): SigningKeys {
  const sealer = createSealer(secrets, SIGNING_KEYS)
  const opened = new Map<string, Opened | undefined>()
  let line: readonly Opened[] = []
  let running: Promise<void> | undefined
  let lookedUpAtMs = Number.NEGATIVE_INFINITY

  const openAll = async (stored: readonly StoredKey[]): Promise<Opened[]> => {
    const keys: Opened[] = []
    const ids = new Set<string>()
    for (const entry of stored) {
      // By its seal too: what could not be opened can be after somebody sealed it anew.
      const id = `${entry.generation} ${entry.sealedPrivateJwk}`
      if (!opened.has(id)) {
        const key = await openKey(sealer, entry)
        if (!key)
          log.warn(
            { event: 'signing_key_unreadable', generation: entry.generation },
            'GATEHOUSE_SECRET does not open a signing key; access tokens signed with it are no longer accepted',
          )
        opened.set(id, key && { ...key, stored: entry })
      }
      const key = opened.get(id)
      if (key) keys.push(key)
      ids.add(id)
    }
    // A key that was removed is not kept in memory either.
    for (const id of opened.keys()) if (!ids.has(id)) opened.delete(id)
    return keys
  }

  const readAndRotate = async (): Promise<void> => {
    for (;;) {
      const stored = await store.list()
      const keys = await openAll(stored)
      const due = nextActivation(keys, nowSeconds(clock))
      if (due === undefined) {
        const kept = await removeRetired(store, keys, nowSeconds(clock))
        if (kept.length !== line.length || kept.some((key, index) => key !== line[index])) {
          const kids = kept.map(({ kid }) => kid)
          log.info({ event: 'signing_keys_changed', kids }, 'these signing keys are published from now on')
          line = kept
        }
        return
      }
      const generation = nextGeneration(stored)
      const key = await makeKey(sealer, { generation, activatesAt: due, createdAt: nowSeconds(clock) })
      // Lost to another replica: theirs is as good, the next round reads it.
      if (await store.add(key))
        log.info({ event: 'signing_key_made', kid: key.kid, generation, activatesAt: due }, 'made a signing key')
    }
  }

  const refresh = (): Promise<void> => {
    running ??= readAndRotate().finally(() => {
      running = undefined
    })
    return running
  }

  const loaded = (): readonly Opened[] => {
    if (line.length > 0) return line
    // So that the service comes back by itself, whoever was meant to call refresh().
    refresh().catch(() => {})
    throw new StoreUnavailableError(new Error('the signing keys were not read yet'))
  }

  return {
    current: () => {
      const keys = loaded()
      const now = nowSeconds(clock)
      // The first one where the clock of the replica that made it is ahead of ours.
      return keys.findLast((key) => key.stored.activatesAt <= now) ?? (keys[0] as Opened)
    },
    published: loaded,
    jwks: () => ({ keys: loaded().map((key) => key.publicJwk) }),
    refresh,
    refreshForUnknownKey: async () => {
      if (clock() - lookedUpAtMs < KEY_LOOKUP_COOLDOWN_SECONDS * 1000) return running
      lookedUpAtMs = clock()
      try {
        await refresh()
      } catch (error) {
        lookedUpAtMs = Number.NEGATIVE_INFINITY
        throw error
      }
    },
  }
}

/** When the next key must begin to sign, if it is time to make it; Unix seconds. */
function nextActivation(keys: readonly Opened[], now: number): number | undefined {
  const newest = keys.at(-1)
  if (newest === undefined) return now
  const due = newest.stored.activatesAt + KEY_ACTIVE_SECONDS
  if (now < due - KEY_PUBLISHED_AHEAD_SECONDS) return undefined
  return Math.max(due, now + KEY_PUBLISHED_AHEAD_SECONDS)
}

/** Drops the keys whose last token has ended. One that we cannot open is not ours to remove. */
async function removeRetired(store: KeyStore, keys: readonly Opened[], now: number): Promise<Opened[]> {
  const kept: Opened[] = []
  for (const [index, key] of keys.entries()) {
    const successor = keys[index + 1]
    if (successor === undefined || successor.stored.activatesAt + KEY_RETIRED_SECONDS > now) kept.push(key)
    else await store.remove(key.stored.generation)
  }
  return kept
}
