import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithDocker } from '../../../../tests/support/docker.ts'
import { type RedisContainer, startRedis, urlOf } from '../store/testing/redis-containers.ts'
import { SECRET } from '../testing/test-context.ts'
import { bootReplicas } from './testing/boot-replicas.ts'

describeWithDocker('on Redis', () => {
  let container: RedisContainer
  beforeAll(async () => {
    container = await startRedis()
  })
  afterAll(() => container.stop())

  it('processes that start at once on an empty store have one key, time after time (JWT-13)', async () => {
    const admin = container.admin()
    await admin.select(3)
    for (let round = 0; round < 3; round++) {
      await admin.flushall()
      const booted = await bootReplicas(4, urlOf(container), SECRET)
      expect(new Set(booted.map(({ signs }) => signs)).size).toBe(1)
      for (const { signs, published } of booted) expect(published).toEqual([signs])
      expect(await admin.hlen('gh:signing-keys')).toBe(1)
    }
  })
})
