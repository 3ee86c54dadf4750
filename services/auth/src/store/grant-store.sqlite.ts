import type { SQLOutputValue } from 'node:sqlite'
import type { Clock } from '../oauth/clock.ts'
import type { CodeBinding, Grant } from '../oauth/grant.ts'
import { CODE_FAILURES_LIMIT } from '../oauth/lifetimes.ts'
import {
  type GrantRecord,
  isAlive,
  lookUpCode,
  newestFirst,
  type Predecessor,
  REVOKED_TOKENS_LIMIT,
  toActive,
} from './grant-record.ts'
import type { GrantStore, RefreshState } from './grant-store.ts'
import { chainFrom, withPredecessor } from './predecessors.ts'
import type { Database } from './sqlite/database.ts'

/** Grants as one row each; every step that reads before it writes holds the write lock meanwhile. */
export function createSqliteGrantStore(db: Database, clock: Clock): GrantStore {
  const insert = db.prepare(
    `INSERT INTO grants (id, subject, client_id, grant_json, code_json, refresh_hash, last_used_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const select = db.prepare('SELECT * FROM grants WHERE id = ?')
  const selectBySubject = db.prepare('SELECT * FROM grants WHERE subject = ? AND expires_at_ms > ?')
  const selectLive = db.prepare('SELECT * FROM grants WHERE refresh_hash IS NOT NULL AND expires_at_ms > ?')
  const selectByClient = db.prepare('SELECT * FROM grants WHERE client_id = ? AND expires_at_ms > ?')
  const bringToLife = db.prepare('UPDATE grants SET refresh_hash = ?, last_used_at_ms = ?, expires_at_ms = ? WHERE id = ?')
  const advance = db.prepare(
    'UPDATE grants SET refresh_hash = ?, predecessors_json = ?, last_used_at_ms = ?, expires_at_ms = ? WHERE id = ?',
  )
  const bind = db.prepare('UPDATE grants SET grant_json = ? WHERE id = ?')
  const countFailure = db.prepare('UPDATE grants SET code_failures = code_failures + 1 WHERE id = ? RETURNING code_failures')
  const putRevoked = db.prepare('UPDATE grants SET revoked_json = ? WHERE id = ?')
  const touch = db.prepare(
    'UPDATE grants SET last_used_at_ms = ? WHERE id = ? AND refresh_hash IS NOT NULL AND expires_at_ms > ?',
  )
  const remove = db.prepare('DELETE FROM grants WHERE id = ? RETURNING expires_at_ms')

  const add = (grant: Grant, code: CodeBinding | undefined, refresh: RefreshState | undefined, expiresAt: number) => {
    const codeJson = code ? JSON.stringify(code) : null
    const refreshHash = refresh?.refreshHash ?? null
    const { id, clientId, identity } = grant
    insert.run(id, identity.subject, clientId, JSON.stringify(grant), codeJson, refreshHash, clock(), expiresAt * 1000)
  }
  const bindTo = (jkt: string | undefined, grant: Grant) => {
    if (jkt !== undefined && grant.jkt === undefined) bind.run(JSON.stringify({ ...grant, jkt }), grant.id)
  }
  const read = (grantId: string): GrantRecord | undefined => {
    const row = select.get(grantId)
    return row ? toRecord(row) : undefined
  }

  return {
    issueCode: (grant, code) => db.answer(() => add(grant, code, undefined, code.expiresAt)),
    create: (grant, refresh) => db.answer(() => add(grant, undefined, refresh, refresh.expiresAt)),
    findCode: (grantId, codeHash) => db.answer(() => lookUpCode(read(grantId), codeHash, clock())),

    countFailedRedemption: (grantId, codeHash) =>
      db.answerAtomically(() => {
        if (lookUpCode(read(grantId), codeHash, clock()).outcome !== 'live') return
        const failures = Number(countFailure.get(grantId)?.code_failures)
        if (failures >= CODE_FAILURES_LIMIT) remove.get(grantId)
      }),

    redeemCode: (grantId, codeHash, refresh) =>
      db.answerAtomically(() => {
        const found = lookUpCode(read(grantId), codeHash, clock())
        if (found.outcome === 'unknown') return 'unknown'
        if (found.outcome === 'spent') return 'replayed'
        bindTo(refresh.jkt, found.grant)
        bringToLife.run(refresh.refreshHash, clock(), refresh.expiresAt * 1000, grantId)
        return 'redeemed'
      }),

    find: (grantId) =>
      db.answer(() => {
        const record = read(grantId)
        return record && isAlive(record, clock()) ? toActive(record) : undefined
      }),

    rotate: (grantId, presentedHash, successor, graceSeconds) =>
      db.answerAtomically(() => {
        const record = read(grantId)
        const now = clock()
        if (!record || !isAlive(record, now)) return { outcome: 'gone' }
        const { grant, predecessors } = record
        if (record.refreshHash !== presentedHash) {
          const sealedChain = chainFrom(predecessors, presentedHash, graceSeconds, now)
          return sealedChain ? { outcome: 'repeated', grant, sealedChain } : { outcome: 'stale', grant }
        }
        const rotated = { hash: presentedHash, sealed: successor.sealed, rotatedAtMs: now }
        const kept = JSON.stringify(withPredecessor(predecessors, rotated, graceSeconds))
        bindTo(successor.jkt, grant)
        advance.run(successor.refreshHash, kept, now, successor.expiresAt * 1000, grantId)
        return { outcome: 'rotated', grant }
      }),

    revokeToken: (grantId, jti, until) =>
      db.answerAtomically(() => {
        const record = read(grantId)
        const now = clock()
        if (!record || !isAlive(record, now)) return 'gone'
        const others = Object.entries(record.revokedTokens).filter(([name, endsAtMs]) => name !== jti && endsAtMs > now)
        if (others.length >= REVOKED_TOKENS_LIMIT) return 'full'
        putRevoked.run(JSON.stringify(Object.fromEntries([...others, [jti, until * 1000]])), grantId)
        return 'revoked'
      }),

    touch: (grantId) => db.answer(() => void touch.run(clock(), grantId, clock())),

    revoke: (grantId) => db.answer(() => Number(remove.get(grantId)?.expires_at_ms ?? 0) > clock()),

    listBySubject: (subject, { withPending = false } = {}) =>
      db.answer(() => {
        const records = selectBySubject.all(subject, clock()).map(toRecord)
        return records
          .filter((record) => withPending || record.refreshHash !== undefined)
          .map(toActive)
          .sort(newestFirst)
      }),

    listByClient: (clientId) =>
      db.answer(() => selectByClient.all(clientId, clock()).map(toRecord).map(toActive).sort(newestFirst)),

    list: () => db.answer(() => selectLive.all(clock()).map(toRecord).map(toActive).sort(newestFirst)),
  }
}

const toRecord = (row: Record<string, SQLOutputValue>): GrantRecord => ({
  grant: JSON.parse(String(row.grant_json)) as Grant,
  code: row.code_json === null ? undefined : (JSON.parse(String(row.code_json)) as CodeBinding),
  refreshHash: row.refresh_hash === null ? undefined : String(row.refresh_hash),
  expiresAtMs: Number(row.expires_at_ms),
  lastUsedAtMs: Number(row.last_used_at_ms),
  predecessors: JSON.parse(String(row.predecessors_json)) as Predecessor[],
  revokedTokens: JSON.parse(String(row.revoked_json)) as Record<string, number>,
})
