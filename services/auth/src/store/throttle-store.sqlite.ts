import type { Clock } from '../oauth/clock.ts'
import type { Database } from './sqlite/database.ts'
import type { ThrottleStore } from './throttle-store.ts'

export function createSqliteThrottleStore(db: Database, clock: Clock): ThrottleStore {
  // One statement, so that every concurrent caller counts.
  const hit = db.prepare(
    `INSERT INTO throttles (throttle_key, count, expires_at_ms) VALUES ($key, 1, $now + $window)
     ON CONFLICT (throttle_key) DO UPDATE SET
       count = CASE WHEN expires_at_ms > $now THEN count + 1 ELSE 1 END,
       expires_at_ms = CASE WHEN expires_at_ms > $now THEN expires_at_ms ELSE $now + $window END
     RETURNING count`,
  )
  const remove = db.prepare('DELETE FROM throttles WHERE throttle_key = ?')

  return {
    hit: (key, windowSeconds) => db.answer(() => Number(hit.get({ key, now: clock(), window: windowSeconds * 1000 })?.count)),
    reset: (key) => db.answer(() => void remove.run(key)),
  }
}
