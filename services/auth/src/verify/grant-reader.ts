import type { ActiveGrant } from '../store/grant-store.ts'
import type { Stores } from '../store/stores.ts'

interface Lookup {
  readonly active: Promise<ActiveGrant | undefined>
  /** Something about the grant was announced while we asked: what the store said may be older than that. */
  outdated: boolean
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
 * Reads live grants for a cache, and tells the cache what to forget. A grant about which something is announced while it is
 * being read (it ended, or one of its tokens was revoked) is read again, so no answer from before a revocation is given or kept
 * after it.
 */
export function createGrantReader(
  { grants, revocations }: Pick<Stores, 'grants' | 'revocations'>,
  cache: { onRevoked(grantId: string): void; onDoubt(): void },
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
      cache.onRevoked(grantId)
      const lookup = lookups.get(grantId)
      if (!lookup) return
      lookup.outdated = true
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
      for (;;) {
        const lookup = lookups.get(grantId) ?? { active: grants.find(grantId), outdated: false, epoch, readers: 0 }
        lookups.set(grantId, lookup)
        lookup.readers++
        try {
          const active = await lookup.active
          if (!lookup.outdated) return use({ active, mayBeKept: lookup.epoch === epoch })
        } finally {
          lookup.readers--
          if (lookup.readers === 0 && lookups.get(grantId) === lookup) lookups.delete(grantId)
        }
      }
    },
  }
}
