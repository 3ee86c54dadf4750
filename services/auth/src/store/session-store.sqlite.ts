import type { Clock } from '../oauth/clock.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteSessionStore(db: Database, clock: Clock): SessionStore {
  const put = db.prepare(
    'INSERT OR REPLACE INTO sessions (session_hash, subject, session_json, expires_at_ms) VALUES (?, ?, ?, ?)',
  )
  const select = db.prepare('SELECT session_json FROM sessions WHERE session_hash = ? AND expires_at_ms > ?')
  const remove = db.prepare('DELETE FROM sessions WHERE session_hash = ?')
  const removeBySubject = db.prepare('DELETE FROM sessions WHERE subject = ?')

  return {
    put: (sessionHash, session, ttlSeconds) =>
      db.answer(() => void put.run(sessionHash, session.identity.subject, JSON.stringify(session), clock() + ttlSeconds * 1000)),
    find: (sessionHash) =>
      db.answer(() => {
        const row = select.get(sessionHash, clock())
        return row && (JSON.parse(String(row.session_json)) as Session)
      }),
    delete: (sessionHash) => db.answer(() => void remove.run(sessionHash)),
    deleteBySubject: (subject) => db.answer(() => void removeBySubject.run(subject)),
  }
}
