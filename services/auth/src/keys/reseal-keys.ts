import { createSealer, openingSecret } from '../secrets/sealer.ts'
import type { KeyStore } from '../store/key-store.ts'
import { SIGNING_KEYS } from './stored-key.ts'

/** What became of the stored keys, as kids. */
export interface Resealing {
  /** Sealed with the first secret now. */
  readonly resealed: readonly string[]
  /** Were so before. */
  readonly current: readonly string[]
  /** No secret opens them; nothing they signed is accepted. */
  readonly unreadable: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Seals every signing key with the first of the secrets, so that the others can be dropped. Running replicas need not be
 * told. Idempotent. @throws StoreUnavailableError
 * @param options.removeUnreadable - those that no secret opens go, because nobody will ever need them
 */
export async function resealKeys(
  { store, secrets }: { readonly store: KeyStore; readonly secrets: readonly string[] },
  { removeUnreadable = false }: { readonly removeUnreadable?: boolean } = {},
): Promise<Resealing> {
  const sealer = createSealer(secrets, SIGNING_KEYS)
  const [resealed, current, unreadable, removed]: [string[], string[], string[], string[]] = [[], [], [], []]
  for (const key of await store.list()) {
    const place = openingSecret(secrets, SIGNING_KEYS, key.sealedPrivateJwk)
    const text = place === undefined ? undefined : sealer.open(key.sealedPrivateJwk)
    if (place === 0) current.push(key.kid)
    else if (text !== undefined) {
      if (await store.replace({ ...key, sealedPrivateJwk: sealer.seal(text) })) resealed.push(key.kid)
    } else if (removeUnreadable) {
      await store.remove(key.generation)
      removed.push(key.kid)
    } else unreadable.push(key.kid)
  }
  return { resealed, current, unreadable, removed }
}
