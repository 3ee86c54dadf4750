import type { SQLOutputValue } from 'node:sqlite'
import type { RegisteredClient } from '../oauth/client.ts'
import type { Clock } from '../oauth/clock.ts'
import { UNUSED_CLIENT_TTL_SECONDS } from '../oauth/lifetimes.ts'
import type { ClientStore, ListedClient } from './client-store.ts'
import type { Database } from './sqlite/database.ts'

/** Registered clients as one row each; `expires_at_ms` is NULL from the first use on. */
export function createSqliteClientStore(db: Database, clock: Clock): ClientStore {
  const insert = db.prepare('INSERT INTO clients (client_id, fingerprint, client_json, expires_at_ms) VALUES (?, ?, ?, ?)')
  const forgetExpired = db.prepare('DELETE FROM clients WHERE expires_at_ms <= ?')
  const forgetOldestUnused = db.prepare(
    `DELETE FROM clients WHERE registration_order IN (
       SELECT registration_order FROM clients WHERE expires_at_ms IS NOT NULL
       ORDER BY registration_order DESC LIMIT -1 OFFSET ?
     )`,
  )
  const select = db.prepare(
    'SELECT client_json FROM clients WHERE client_id = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)',
  )
  const selectUnused = db.prepare(
    'SELECT client_json FROM clients WHERE fingerprint = ? AND expires_at_ms > ? ORDER BY registration_order DESC LIMIT 1',
  )
  const replace = db.prepare(
    'UPDATE clients SET client_json = ? WHERE client_id = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)',
  )
  const keep = db.prepare('UPDATE clients SET expires_at_ms = NULL WHERE client_id = ? AND expires_at_ms > ?')
  const selectAll = db.prepare(
    `SELECT client_json, expires_at_ms FROM clients WHERE expires_at_ms IS NULL OR expires_at_ms > ?
     ORDER BY registration_order DESC`,
  )
  const remove = db.prepare('DELETE FROM clients WHERE client_id = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)')

  return {
    create: (client, fingerprint, unusedLimit) =>
      db.answerAtomically(() => {
        const now = clock()
        forgetExpired.run(now)
        insert.run(client.clientId, fingerprint, JSON.stringify(client), now + UNUSED_CLIENT_TTL_SECONDS * 1000)
        forgetOldestUnused.run(unusedLimit)
      }),
    find: (clientId) => db.answer(() => toClient(select.get(clientId, clock()))),
    findUnused: (fingerprint) => db.answer(() => toClient(selectUnused.get(fingerprint, clock()))),
    update: (client) => db.answer(() => replace.run(JSON.stringify(client), client.clientId, clock()).changes > 0),
    markUsed: (clientId) => db.answer(() => void keep.run(clientId, clock())),
    list: () => db.answer(() => selectAll.all(clock()).map(toListed)),
    delete: (clientId) => db.answer(() => remove.run(clientId, clock()).changes > 0),
  }
}

const toClient = (row: Record<string, SQLOutputValue> | undefined): RegisteredClient | undefined =>
  row && (JSON.parse(String(row.client_json)) as RegisteredClient)

const toListed = (row: Record<string, SQLOutputValue>): ListedClient => {
  const client = JSON.parse(String(row.client_json)) as RegisteredClient
  return row.expires_at_ms === null ? { client } : { client, forgottenAt: Math.floor(Number(row.expires_at_ms) / 1000) }
}
