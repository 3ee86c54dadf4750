/** A child that dies sooner than this after its start has crashed rather than done its work and gone. */
export const EARLY_DEATH_MS = 10_000

/** Waiting time after the 1st, 2nd, … early death in a row. */
const WAITS_SECONDS = [1, 2, 4, 8, 16, 30]

/** Keys come from requests (a person's), so their number is bounded; the oldest is forgotten. */
const MAX_KEYS = 10_000

/** How long after its end a wait still counts as "in a row". */
const MEMORY_MS = 60_000

/** Slows down restarting what keeps crashing. A key is a server, or a server and a person. */
export interface CrashBackOff {
  /** Milliseconds until the next start is due; 0 = now. */
  waitMs(key: string): number
  died(key: string): void
  /** It lived long enough: the next crash is a first one again. */
  recovered(key: string): void
}

export function createCrashBackOff(now: () => number): CrashBackOff {
  const entries = new Map<string, { deaths: number; until: number }>()
  return {
    waitMs: (key) => Math.max(0, (entries.get(key)?.until ?? 0) - now()),
    died(key) {
      const known = entries.get(key)
      const deaths = known === undefined || known.until + MEMORY_MS < now() ? 1 : known.deaths + 1
      const seconds = WAITS_SECONDS[Math.min(deaths, WAITS_SECONDS.length) - 1] ?? 0
      entries.delete(key)
      entries.set(key, { deaths, until: now() + seconds * 1000 })
      if (entries.size <= MAX_KEYS) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        break
      }
    },
    recovered(key) {
      entries.delete(key)
    },
  }
}
