import type { ActiveGrant } from '../store/grant-store.ts'
import type { Stores } from '../store/stores.ts'

interface Lookup {
  readonly active: Promise<ActiveGrant | undefined>
  /** The grant was announced as ended while we asked: what the store said may be older than that. */
  ended: boolean
  readonly epoch: number
  readers: number
}

export interface GrantReading {
  /** undefined when the grant is revoked or over */
  readonly active: ActiveGrant | undefined
  /** False when announcements may have been lost meanwhile: good for this request, not for later ones. */
  readonly mayBeKept: boolean
}

/**
 * Reads live grants for a cache, and tells the cache what to forget. A grant that ends while it is being read counts as ended,
 * so no answer from before a revocation is kept after it.
 */
export function createGrantReader(
  { grants, revocations }: Pick<Stores, 'grants' | 'revocations'>,
  cache: { onEnded(grantId: string): void; onDoubt(): void },
): {
  /**
   * Reads a grant and lets `use` make something of it, before any further announcement is heard. Readers of one grant at the
   * same time share one question. @throws StoreUnavailableError
   */
  read<Result>(grantId: string, use: (reading: GrantReading) => Result): Promise<Result>
} {
  const lookups = new Map<string, Lookup>()
  let epoch = 0

  revocations.subscribe(
    (grantId) => {
      cache.onEnded(grantId)
      const lookup = lookups.get(grantId)
      if (!lookup) return
      lookup.ended = true
      // Whoever asks from now on asks anew.
      lookups.delete(grantId)
    },
    () => {
      epoch++
      cache.onDoubt()
    },
  )

  return {
    read: async (grantId, use) => {
      const lookup = lookups.get(grantId) ?? { active: grants.find(grantId), ended: false, epoch, readers: 0 }
      lookups.set(grantId, lookup)
      lookup.readers++
      try {
        const active = await lookup.active
        return use({ active: lookup.ended ? undefined : active, mayBeKept: lookup.epoch === epoch })
      } finally {
        lookup.readers--
        if (lookup.readers === 0 && lookups.get(grantId) === lookup) lookups.delete(grantId)
      }
    },
  }
}
