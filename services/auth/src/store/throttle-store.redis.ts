import type { Clock } from '../oauth/clock.ts'
import type { RedisBackend } from './redis/backend.ts'
import { PREFIXES } from './redis/keys.ts'
import { HIT_THROTTLE } from './redis/scripts/hit-throttle.ts'
import type { ThrottleStore } from './throttle-store.ts'

export function createRedisThrottleStore(redis: RedisBackend, clock: Clock): ThrottleStore {
  return {
    hit: async (key, windowSeconds) =>
      Number(await redis.run(HIT_THROTTLE, PREFIXES.throttle + key, clock(), windowSeconds * 1000)),
    reset: async (key) => {
      await redis.answer((ask) => ask.del(PREFIXES.throttle + key))
    },
  }
}
