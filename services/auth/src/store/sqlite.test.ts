import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createLog } from '@gatehouse/runtime'
import { afterAll, describe, expect, it } from 'vitest'
import { createClock } from '../../../../tests/support/clock.ts'
import { openStores } from './open-stores.ts'
import { openDatabase } from './sqlite/database.ts'
import { startHousekeeping } from './sqlite/housekeeping.ts'
import { ADDED_COLUMNS, EXPIRING_TABLES } from './sqlite/schema.ts'
import { storesContract } from './stores.contract.ts'
import { identity, sampleClient, sampleCode, sampleGrant, sampleRefresh, unique } from './testing/samples.ts'
import { secretsOfASignIn } from './testing/secrets-of-a-sign-in.ts'
import { StoreUnavailableError } from './unavailable.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'))
const log = createLog('test', 'silent')
const newPath = (): string => join(folder, randomUUID(), 'data', 'gatehouse.db')

afterAll(() => rmSync(folder, { recursive: true }))

storesContract('memory:', async () => {
  const clock = createClock()
  const stores = await openStores('memory:', { clock: clock.now, log })
  return { first: stores, second: stores, clock }
})

storesContract('sqlite:PATH, opened twice', async () => {
  const clock = createClock()
  const url = `sqlite:${newPath()}`
  const open = () => openStores(url, { clock: clock.now, log })
  return { first: await open(), second: await open(), clock }
})

describe('the SQLite file', () => {
  it('belongs to its owner alone', async () => {
    const path = newPath()
    const stores = await openStores(`sqlite:${path}`, { clock: Date.now, log })
    await stores.throttles.hit('key', 60)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
    await stores.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('keeps what was stored over a restart', async () => {
    const url = `sqlite:${newPath()}`
    const before = await openStores(url, { clock: Date.now, log })
    const grant = sampleGrant(Date.now)
    await before.grants.create(grant, sampleRefresh(Date.now))
    await before.close()
    const after = await openStores(url, { clock: Date.now, log })
    expect((await after.grants.find(grant.id))?.grant).toEqual(grant)
    await after.close()
  })

  it('of an earlier version is brought up to date, and its grants live on', async () => {
    const path = newPath()
    const url = `sqlite:${path}`
    const before = await openStores(url, { clock: Date.now, log })
    const grant = sampleGrant(Date.now)
    await before.grants.create(grant, sampleRefresh(Date.now))
    await before.close()
    const file = new DatabaseSync(path)
    for (const { table, column } of ADDED_COLUMNS) file.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
    file.close()
    const after = await openStores(url, { clock: Date.now, log })
    expect(await after.grants.find(grant.id)).toMatchObject({ grant, revokedTokens: [] })
    await after.close()
  })

  it('has a path that cannot be opened told at start', async () => {
    await expect(openStores('sqlite:/dev/null/gatehouse.db', { clock: Date.now, log })).rejects.toThrow(
      'the SQLite file /dev/null/gatehouse.db cannot be opened',
    )
  })

  it('is unavailable, not empty, while another process holds its lock', async () => {
    const path = newPath()
    const stores = await openStores(`sqlite:${path}`, { clock: Date.now, log })
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const before = performance.now()
    await expect(stores.grants.redeemCode('grt_1', 'hash', sampleRefresh(Date.now))).rejects.toThrow(StoreUnavailableError)
    // It waits for 1.5 s; the rest is for a busy machine.
    expect(performance.now() - before).toBeLessThan(6_000)
    // Reading goes on.
    expect(await stores.grants.find('grt_1')).toBeUndefined()
    other.exec('ROLLBACK')
    expect(await stores.throttles.hit('key', 60)).toBe(1)
    other.close()
    await stores.close()
  })

  it('holds digests of codes, tokens and client secrets, and none of them in clear (REF-11)', async () => {
    const path = newPath()
    const stores = await openStores(`sqlite:${path}`, { clock: Date.now, log })
    const secrets = await secretsOfASignIn(stores)
    const files = [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('')
    expect(files).toContain('github:583231')
    expect(secrets.filter((secret) => files.includes(secret))).toEqual([])
    await stores.close()
  })

  it('grows no further by 10,000 rotations of one grant (REF-11)', async () => {
    const path = newPath()
    const db = openDatabase(path)
    // What is measured here is storage, not the disk.
    db.prepare('PRAGMA synchronous = OFF').run()
    const { createSqliteGrantStore } = await import('./grant-store.sqlite.ts')
    const grants = createSqliteGrantStore(db, Date.now)
    const grant = sampleGrant(Date.now)
    let current = sampleRefresh(Date.now)
    await grants.create(grant, current)
    for (let index = 0; index < 10_000; index++) {
      const successor = sampleRefresh(Date.now)
      await grants.rotate(grant.id, current.refreshHash, successor, 120)
      current = successor
    }
    const row = db.prepare('SELECT count(*) AS rows, sum(length(predecessors_json)) AS bytes FROM grants').get()
    expect(row).toMatchObject({ rows: 1 })
    expect(Number(row?.bytes)).toBeLessThan(16 * 200)
    db.close()
  })
})

describe('housekeeping', () => {
  it('deletes whatever has expired, and only that', async () => {
    const clock = createClock()
    const now = clock.now
    const path = newPath()
    const stores = await openStores(`sqlite:${path}`, { clock: now, log })
    const session = { identity: identity(), signedInAt: 1 }
    const resume = { kind: 'page', path: '/account' } as const
    const fill = async () => {
      await stores.grants.issueCode(sampleGrant(now), sampleCode(now))
      await stores.clients.create(sampleClient(now), unique('fingerprint'), 100)
      await stores.sessions.put(unique('session'), session, 60)
      await stores.signIns.put(unique('state'), { provider: 'p', browserHash: 'b', codeVerifier: 'v', nonce: 'n', resume }, 60)
      await stores.decisions.decideOnce(unique('request'), 'yes', 60)
      await stores.approvals.remember(unique('subject'), 'key', 60)
      await stores.throttles.hit(unique('key'), 60)
      await stores.expiring.put('replay', unique('jti'), 'x', 60)
    }
    await fill()
    const kept = sampleClient(now)
    await stores.clients.create(kept, unique('fingerprint'), 100)
    await stores.clients.markUsed(kept.clientId)
    clock.advance(86_400)
    await fill()
    const db = openDatabase(path)
    const count = () =>
      Object.fromEntries(EXPIRING_TABLES.map((table) => [table, db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n]))
    const housekeeping = startHousekeeping(db, now)
    await housekeeping.sweep()
    const one = { grants: 1, sessions: 1, sign_ins: 1, decisions: 1, approvals: 1, throttles: 1, expiring: 1 }
    expect(count()).toEqual({ ...one, clients: 2 })
    housekeeping.stop()
    db.close()
    await stores.close()
  })
})
