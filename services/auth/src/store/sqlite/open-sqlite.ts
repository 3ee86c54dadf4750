import type { Clock } from '../../oauth/clock.ts'
import { createSqliteApprovalStore } from '../approval-store.sqlite.ts'
import { createSqliteClientStore } from '../client-store.sqlite.ts'
import { createSqliteDecisionStore } from '../decision-store.sqlite.ts'
import { createSqliteExpiringStore } from '../expiring-store.sqlite.ts'
import { createSqliteGrantStore } from '../grant-store.sqlite.ts'
import { createSqliteKeyStore } from '../key-store.sqlite.ts'
import { createLocalRevocationBus } from '../revocation-bus.local.ts'
import { createSqliteSessionStore } from '../session-store.sqlite.ts'
import { createSqliteSignInStore } from '../sign-in-store.sqlite.ts'
import type { Stores } from '../stores.ts'
import { createSqliteThrottleStore } from '../throttle-store.sqlite.ts'
import { openDatabase } from './database.ts'
import { startHousekeeping } from './housekeeping.ts'

/**
 * All stores in one SQLite file. Several processes may share it, but each hears only its own revocations at once; the
 * others notice when they next confirm a cached answer (VERIFY_CACHE_SECONDS).
 * @param path - a file's path, or `:memory:` for a store that ends with the process
 */
export async function openSqliteStores(path: string, clock: Clock): Promise<Stores> {
  const db = openDatabase(path)
  const housekeeping = startHousekeeping(db, clock)
  // Reads the file's header, unlike SELECT 1.
  const probe = db.prepare('PRAGMA schema_version')
  return {
    grants: createSqliteGrantStore(db, clock),
    clients: createSqliteClientStore(db, clock),
    sessions: createSqliteSessionStore(db, clock),
    signIns: createSqliteSignInStore(db, clock),
    decisions: createSqliteDecisionStore(db, clock),
    approvals: createSqliteApprovalStore(db, clock),
    throttles: createSqliteThrottleStore(db, clock),
    expiring: createSqliteExpiringStore(db, clock),
    keys: createSqliteKeyStore(db),
    revocations: createLocalRevocationBus(),
    ping: () => db.answer(() => void probe.get()),
    close: async () => {
      housekeeping.stop()
      db.close()
    },
  }
}
