import type { Clock } from '../oauth/clock.ts'
import type { ExpiringKind, ExpiringStore } from './expiring-store.ts'
import type { RedisBackend } from './redis/backend.ts'
import { createExpiringValues } from './redis/expiring-value.ts'
import { PREFIXES } from './redis/keys.ts'
import { ADD_EXPIRING } from './redis/scripts/add-expiring.ts'

const keyOf = (kind: ExpiringKind, name: string): string => `${PREFIXES.expiring}${kind}:${name}`

export function createRedisExpiringStore(redis: RedisBackend, clock: Clock): ExpiringStore {
  const values = createExpiringValues<string>(redis, clock)
  return {
    put: (kind, name, value, ttlSeconds) => values.put(keyOf(kind, name), value, ttlSeconds),
    add: async (kind, name, value, ttlSeconds) => {
      const envelope = JSON.stringify({ expiresAtMs: clock() + ttlSeconds * 1000, value })
      return (await redis.run(ADD_EXPIRING, keyOf(kind, name), clock(), envelope, ttlSeconds * 1000)) === 1
    },
    find: (kind, name) => values.find(keyOf(kind, name)),
    take: (kind, name) => values.take(keyOf(kind, name)),
  }
}
