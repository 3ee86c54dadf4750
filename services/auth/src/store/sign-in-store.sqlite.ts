import type { SQLOutputValue } from 'node:sqlite'
import type { Clock } from '../oauth/clock.ts'
import type { SignInAttempt, SignInStore } from './sign-in-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteSignInStore(db: Database, clock: Clock): SignInStore {
  const put = db.prepare('INSERT OR REPLACE INTO sign_ins (state_hash, attempt_json, expires_at_ms) VALUES (?, ?, ?)')
  const select = db.prepare('SELECT attempt_json FROM sign_ins WHERE state_hash = ? AND expires_at_ms > ?')
  // One statement, so that reading and removing cannot be torn apart.
  const take = db.prepare('DELETE FROM sign_ins WHERE state_hash = ? AND expires_at_ms > ? RETURNING attempt_json')

  return {
    put: (stateHash, attempt, ttlSeconds) =>
      db.answer(() => void put.run(stateHash, JSON.stringify(attempt), clock() + ttlSeconds * 1000)),
    find: (stateHash) => db.answer(() => toAttempt(select.get(stateHash, clock()))),
    take: (stateHash) => db.answer(() => toAttempt(take.get(stateHash, clock()))),
  }
}

const toAttempt = (row: Record<string, SQLOutputValue> | undefined): SignInAttempt | undefined =>
  row && (JSON.parse(String(row.attempt_json)) as SignInAttempt)
