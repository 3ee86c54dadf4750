import type { Clock } from '../oauth/clock.ts'
import type { DecisionStore } from './decision-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteDecisionStore(db: Database, clock: Clock): DecisionStore {
  const select = db.prepare('SELECT outcome FROM decisions WHERE request_id = ? AND expires_at_ms > ?')
  const put = db.prepare('INSERT OR REPLACE INTO decisions (request_id, outcome, expires_at_ms) VALUES (?, ?, ?)')

  return {
    decideOnce: (requestId, outcome, ttlSeconds) =>
      db.answerAtomically(() => {
        const standing = select.get(requestId, clock())
        if (standing) return { first: false, outcome: String(standing.outcome) }
        put.run(requestId, outcome, clock() + ttlSeconds * 1000)
        return { first: true, outcome }
      }),
    find: (requestId) =>
      db.answer(() => {
        const standing = select.get(requestId, clock())
        return standing && String(standing.outcome)
      }),
  }
}
