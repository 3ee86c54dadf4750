import { createLog } from '@gatehouse/runtime'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../../../tests/support/clock.ts'
import { describeWithDocker } from '../../../../tests/support/docker.ts'
import { redisUsers } from '../secrets/store-secrets.ts'
import { openStores } from './open-stores.ts'
import { PREFIXES } from './redis/keys.ts'
import { storesContract } from './stores.contract.ts'
import type { Stores } from './stores.ts'
import { everyMethod } from './testing/every-method.ts'
import { type RedisContainer, startRedis, urlOf } from './testing/redis-containers.ts'
import { sampleClient, sampleGrant, sampleRefresh } from './testing/samples.ts'
import { secretsOfASignIn } from './testing/secrets-of-a-sign-in.ts'
import { StoreUnavailableError } from './unavailable.ts'

const log = createLog('test', 'silent')

describeWithDocker('Redis', () => {
  let container: RedisContainer
  let admin: Redis

  beforeAll(async () => {
    container = await startRedis()
    admin = container.admin()
  })
  afterAll(() => container.stop())

  storesContract('Redis, opened twice', async () => {
    await admin.flushall()
    const clock = createClock()
    const open = () => openStores(urlOf(container), { clock: clock.now, log })
    return { first: await open(), second: await open(), clock }
  })

  describe('stores', () => {
    let stores: Stores
    beforeAll(async () => {
      stores = await openStores(urlOf(container), { clock: Date.now, log })
      await admin.select(3)
    })
    beforeEach(() => admin.flushall())
    afterAll(() => stores.close())

    it('load their scripts again when Redis has forgotten them', async () => {
      for (const [name, call] of Object.entries(everyMethod(stores))) {
        await admin.script('FLUSH')
        await expect(call(), name).resolves.not.toThrow()
      }
    })

    it('need no more rights than the user of the compose stack has', async () => {
      const [, name = '', ...rules] = redisUsers('secret').split('\n').at(-1)?.split(' ') ?? []
      await admin.acl('SETUSER', name, ...rules)
      const limited = await openStores(`redis://${name}:secret@127.0.0.1:${container.ports[0]}`, { clock: Date.now, log })
      for (const [method, call] of Object.entries(everyMethod(limited))) await expect(call(), method).resolves.not.toThrow()
      const heard: string[] = []
      limited.revocations.subscribe(
        (grantId) => heard.push(grantId),
        () => {},
      )
      await limited.revocations.publish('grt_1')
      await expect.poll(() => heard).toEqual(['grt_1'])
      await limited.close()
    })

    it('write under the documented prefixes only, and nothing that would stay for ever but signing keys and used clients', async () => {
      const calls = everyMethod(stores)
      for (const call of Object.values(calls)) await call()
      const keys = await admin.keys('*')
      const prefixes: string[] = Object.values(PREFIXES)
      expect(keys.filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)))).toEqual([])
      const lasting: string[] = []
      for (const key of keys) if ((await admin.pttl(key)) === -1) lasting.push(key)
      expect(lasting.filter((key) => !key.startsWith('gh:client:'))).toEqual(['gh:signing-keys'])
      expect(lasting).toHaveLength(2)
      // The only client was used.
      const unseen = prefixes.filter((prefix) => !keys.some((key) => key.startsWith(prefix)))
      expect(unseen).toEqual(['gh:unused-clients'])
    })

    it('hold digests of codes, tokens and client secrets, and none of them in clear (REF-11)', async () => {
      const secrets = await secretsOfASignIn(stores)
      const dump: Buffer[] = []
      for (const key of await admin.keys('*')) dump.push(Buffer.from(key), (await admin.dumpBuffer(key)) ?? Buffer.of())
      const text = Buffer.concat(dump).toString('latin1')
      expect(text).toContain('gh:grant:')
      expect(new Set(secrets).size).toBe(9)
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    })

    it('keep the storage of one grant constant over 10,000 rotations (REF-11)', async () => {
      const grant = sampleGrant(Date.now)
      let current = sampleRefresh(Date.now)
      await stores.grants.create(grant, current)
      const keysBefore = await admin.dbsize()
      for (let index = 0; index < 10_000; index++) {
        const successor = sampleRefresh(Date.now)
        await stores.grants.rotate(grant.id, current.refreshHash, successor, 120)
        current = successor
      }
      expect(await admin.dbsize()).toBe(keysBefore)
      expect(await admin.memory('USAGE', `gh:grant:${grant.id}`)).toBeLessThan(8_192)
    })

    it('never forget a used client, also when a crash left it on the list of unused ones', async () => {
      const client = sampleClient(Date.now)
      await stores.clients.create(client, 'one', 1)
      await stores.clients.markUsed(client.clientId)
      await admin.zadd('gh:unused-clients', Date.now() - 1000, client.clientId)
      await stores.clients.create(sampleClient(Date.now), 'two', 1)
      expect(await stores.clients.find(client.clientId)).toEqual(client)
    })

    it('take a value of the wrong type for a bug, not for an outage', async () => {
      await admin.set('gh:grant:grt_wrong', 'text')
      await expect(stores.grants.find('grt_wrong')).rejects.toThrow('WRONGTYPE')
      await expect(stores.grants.rotate('grt_wrong', '', sampleRefresh(Date.now), 0)).rejects.toThrow('WRONGTYPE')
    })

    it('are unavailable for writing and go on reading when Redis is out of memory', async () => {
      const grant = sampleGrant(Date.now)
      const refresh = sampleRefresh(Date.now)
      await stores.grants.create(grant, refresh)
      await admin.config('SET', 'maxmemory', '1')
      try {
        const rotation = stores.grants.rotate(grant.id, refresh.refreshHash, sampleRefresh(Date.now), 120)
        await expect(rotation).rejects.toThrow(StoreUnavailableError)
        await expect(stores.sessions.put('s', { identity: grant.identity, signedInAt: 1 }, 60)).rejects.toThrow(
          StoreUnavailableError,
        )
        expect((await stores.grants.find(grant.id))?.grant).toEqual(grant)
      } finally {
        await admin.config('SET', 'maxmemory', '0')
      }
      expect((await stores.grants.rotate(grant.id, refresh.refreshHash, sampleRefresh(Date.now), 120)).outcome).toBe('rotated')
    })

    it('are unavailable for writing and go on reading when the disk is full', async () => {
      const grant = sampleGrant(Date.now)
      await stores.grants.create(grant, sampleRefresh(Date.now))
      // Nobody can write there, not even root.
      await admin.config('SET', 'dir', '/proc')
      await admin.config('SET', 'save', '3600 1')
      await admin.bgsave()
      await expect.poll(() => admin.info('persistence')).toContain('rdb_last_bgsave_status:err')
      try {
        await expect(stores.throttles.hit('key', 60)).rejects.toThrow(StoreUnavailableError)
        expect((await stores.grants.find(grant.id))?.grant).toEqual(grant)
      } finally {
        await admin.config('SET', 'save', '')
      }
      expect(await stores.throttles.hit('key', 60)).toBe(1)
    })

    it('are unavailable while Redis is a replica, and find out when it is a master again', async () => {
      await admin.replicaof('127.0.0.1', 1)
      try {
        await expect(stores.throttles.hit('key', 60)).rejects.toThrow(StoreUnavailableError)
      } finally {
        await admin.replicaof('NO', 'ONE')
      }
      await expect.poll(() => stores.throttles.hit('key', 60), { timeout: 2_000 }).toBeGreaterThan(0)
    })

    it('are unavailable with a wrong password, and never show it', async () => {
      const lines: string[] = []
      const wrong = await openStores(urlOf(container).replace('hunter2', 'hunter3'), {
        clock: Date.now,
        log: createLog('test', 'trace', { write: (line) => lines.push(line) }),
      })
      const failure = await wrong.ping().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoreUnavailableError)
      expect(lines.join('')).toContain('store_lost')
      expect(lines.join('')).not.toContain('hunter')
      await wrong.close()
    })
  })
})
