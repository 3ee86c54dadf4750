import type { SQLOutputValue } from 'node:sqlite'
import type { Clock } from '../oauth/clock.ts'
import type { ExpiringStore } from './expiring-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteExpiringStore(db: Database, clock: Clock): ExpiringStore {
  const put = db.prepare('INSERT OR REPLACE INTO expiring (kind, name, value, expires_at_ms) VALUES (?, ?, ?, ?)')
  // One statement: of two callers the second finds the first one's row and changes nothing.
  const add = db.prepare(
    `INSERT INTO expiring (kind, name, value, expires_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, expires_at_ms = excluded.expires_at_ms
     WHERE expiring.expires_at_ms <= ?`,
  )
  const select = db.prepare('SELECT value FROM expiring WHERE kind = ? AND name = ? AND expires_at_ms > ?')
  const take = db.prepare('DELETE FROM expiring WHERE kind = ? AND name = ? AND expires_at_ms > ? RETURNING value')

  return {
    put: (kind, name, value, ttlSeconds) => db.answer(() => void put.run(kind, name, value, clock() + ttlSeconds * 1000)),
    add: (kind, name, value, ttlSeconds) =>
      db.answer(() => Number(add.run(kind, name, value, clock() + ttlSeconds * 1000, clock()).changes) === 1),
    find: (kind, name) => db.answer(() => toValue(select.get(kind, name, clock()))),
    take: (kind, name) => db.answer(() => toValue(take.get(kind, name, clock()))),
  }
}

const toValue = (row: Record<string, SQLOutputValue> | undefined): string | undefined => row && String(row.value)
