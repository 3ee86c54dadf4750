import type { Clock } from '../oauth/clock.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteApprovalStore(db: Database, clock: Clock): ApprovalStore {
  const put = db.prepare('INSERT OR REPLACE INTO approvals (subject, approval_key, expires_at_ms) VALUES (?, ?, ?)')
  const select = db.prepare('SELECT 1 FROM approvals WHERE subject = ? AND approval_key = ? AND expires_at_ms > ?')
  const removeAll = db.prepare('DELETE FROM approvals WHERE subject = ?')

  return {
    remember: (subject, approvalKey, ttlSeconds) =>
      db.answer(() => void put.run(subject, approvalKey, clock() + ttlSeconds * 1000)),
    has: (subject, approvalKey) => db.answer(() => select.get(subject, approvalKey, clock()) !== undefined),
    forgetAll: (subject) => db.answer(() => void removeAll.run(subject)),
  }
}
