import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@gatehouse/runtime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeWithDocker } from '../../../../tests/support/docker.ts'
import { openStores } from './open-stores.ts'
import type { Stores } from './stores.ts'
import { ANSWER_LIMIT_MS, expectOutage, expectService } from './testing/outage.ts'
import { type RedisContainer, startRedis, urlOf } from './testing/redis-containers.ts'
import { StoreUnavailableError } from './unavailable.ts'

describeWithDocker('when Redis goes away', () => {
  let container: RedisContainer
  let stores: Stores
  let events: string[]

  const log = () => createLog('test', 'trace', { write: (line) => events.push((JSON.parse(line) as { event: string }).event) })
  const open = () => openStores(urlOf(container), { clock: Date.now, log: log() })

  beforeAll(async () => {
    container = await startRedis()
  })
  beforeEach(async () => {
    events = []
    stores = await open()
  })
  afterEach(() => stores.close())
  afterAll(() => container.stop())

  it('answers "unavailable" in time while it is killed, serves again within two seconds, and logs each change once', async () => {
    await container.kill()
    await expectOutage(stores)
    await delay(3_000)
    await expectOutage(stores)
    await container.start()
    await expectService(stores)
    expect(events).toEqual(['store_connected', 'store_lost', 'store_connected'])
  })

  it('answers "unavailable" in time while it hangs with open connections', async () => {
    await container.pause()
    await expectOutage(stores)
    await expectOutage(stores)
    await container.unpause()
    await expectService(stores)
  })

  it('does nothing afterwards of what it refused while Redis paused', async () => {
    const admin = container.admin()
    await admin.client('PAUSE', 5_000, 'ALL')
    const pausedAt = performance.now()
    while (performance.now() - pausedAt < 4_000) {
      const before = performance.now()
      await expect(stores.throttles.hit('replayed', 60)).rejects.toThrow(StoreUnavailableError)
      expect(performance.now() - before).toBeLessThan(ANSWER_LIMIT_MS)
      await delay(10)
    }
    await vi.waitFor(() => stores.ping(), { timeout: 3_000, interval: 20 })
    expect(await stores.throttles.hit('replayed', 60)).toBe(1)
  })

  it('starts without it, and serves when it comes', async () => {
    await stores.close()
    await container.kill()
    const before = performance.now()
    stores = await open()
    expect(performance.now() - before).toBeLessThan(ANSWER_LIMIT_MS)
    await expectOutage(stores)
    await container.start()
    await expectService(stores)
  })

  describe('the revocation bus', () => {
    it('carries an ended grant to another replica within 50 ms at the 99th percentile', async () => {
      const other = await open()
      const latencies: number[] = []
      for (let index = 0; index < 200; index++) {
        const { promise: heard, resolve } = Promise.withResolvers<void>()
        if (index === 0)
          other.revocations.subscribe(
            (grantId) => arrivals.get(grantId)?.(),
            () => {},
          )
        arrivals.set(`grt_${index}`, resolve)
        const before = performance.now()
        await stores.revocations.publish(`grt_${index}`)
        await heard
        latencies.push(performance.now() - before)
      }
      latencies.sort((a, b) => a - b)
      expect(latencies[198]).toBeLessThan(50)
      await other.close()
    })
    const arrivals = new Map<string, () => void>()

    it.each([
      ['killed', () => container.kill(), () => container.start()],
      ['frozen', () => container.pause(), () => container.unpause()],
    ] as const)('reports a gap when Redis is %s and again when it is back, and goes on', async (_what, leave, comeBack) => {
      const heard: string[] = []
      let gaps = 0
      stores.revocations.subscribe(
        (grantId) => heard.push(grantId),
        () => gaps++,
      )
      await stores.revocations.publish('grt_before')
      await vi.waitFor(() => expect(heard).toEqual(['grt_before']))
      expect(gaps).toBe(0)
      await leave()
      await vi.waitFor(() => expect(gaps).toBe(1), { timeout: 8_000 })
      await comeBack()
      await vi.waitFor(() => expect(gaps).toBe(2), { timeout: 3_000 })
      await vi.waitFor(() => stores.revocations.publish('grt_after'), { timeout: 2_000 })
      await vi.waitFor(() => expect(heard).toEqual(['grt_before', 'grt_after']))
    })
  })
})
