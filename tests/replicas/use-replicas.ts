import { createLog } from '@gatehouse/runtime'
import { afterAll, beforeAll } from 'vitest'
import { openStores } from '../../services/auth/src/store/open-stores.ts'
import type { Stores } from '../../services/auth/src/store/stores.ts'
import { type RedisContainer, startRedis, urlOf } from '../../services/auth/src/store/testing/redis-containers.ts'
import { type Replicas, startReplicas } from './replicas.ts'
import { type PublicClient, registerClient } from './seed.ts'

/** A Redis for the tests of a `describe`, and its stores as a replica opens them. Filled before its first test. */
export interface Redis {
  readonly url: string
  readonly stores: Stores
}

export function useRedis(): Redis {
  const redis = {} as { -readonly [Key in keyof Redis]: Redis[Key] }
  let container: RedisContainer | undefined
  beforeAll(async () => {
    container = await startRedis()
    redis.url = urlOf(container)
    redis.stores = await openStores(redis.url, { clock: Date.now, log: createLog('test', 'silent') })
  })
  afterAll(async () => {
    await redis.stores?.close()
    await container?.stop()
  })
  return redis
}

/** Two replicas on it, and a client that both know. */
export interface Setup {
  readonly stores: Stores
  readonly replicas: Replicas
  readonly client: PublicClient
}

/** @param environment - of both replicas */
export function useReplicas(redis: Redis, environment: Readonly<Record<string, string>> = {}): Setup {
  const setup = {} as { -readonly [Key in keyof Setup]: Setup[Key] }
  beforeAll(async () => {
    setup.stores = redis.stores
    setup.replicas = await startReplicas(redis.url, environment)
    setup.client = await registerClient(setup.replicas)
  })
  afterAll(() => setup.replicas?.close())
  return setup
}
