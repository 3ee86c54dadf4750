import type { Clock } from '../../oauth/clock.ts'
import { StoreUnavailableError } from '../unavailable.ts'
import type { Database } from './database.ts'
import { EXPIRING_TABLES } from './schema.ts'

/** Expired rows are invisible anyway; this only bounds the file. */
const INTERVAL_MS = 60_000

export interface Housekeeping {
  /** Deletes what has expired. */
  sweep(): Promise<void>
  stop(): void
}

/** Sweeps now and then until stopped; never keeps the process alive. */
export function startHousekeeping(db: Database, clock: Clock): Housekeeping {
  const deletions = EXPIRING_TABLES.map((table) => db.prepare(`DELETE FROM ${table} WHERE expires_at_ms <= ?`))
  const sweep = async () => {
    for (const deletion of deletions) await db.answer(() => deletion.run(clock()))
  }
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => {
      // Locked or full: requests report it, and the next round tries again.
      if (!(error instanceof StoreUnavailableError)) throw error
    })
  }, INTERVAL_MS)
  timer.unref()
  return { sweep, stop: () => clearInterval(timer) }
}
