import type { Clock } from '../oauth/clock.ts'
import type { DecisionStore } from './decision-store.ts'
import type { RedisBackend } from './redis/backend.ts'
import { PREFIXES } from './redis/keys.ts'
import { DECIDE_ONCE } from './redis/scripts/decide-once.ts'

export function createRedisDecisionStore(redis: RedisBackend, clock: Clock): DecisionStore {
  return {
    decideOnce: async (requestId, outcome, ttlSeconds) => {
      const reply = await redis.run(DECIDE_ONCE, PREFIXES.decision + requestId, clock(), outcome, ttlSeconds * 1000)
      const [first, standing] = reply as [string, string]
      return { first: first === '1', outcome: standing }
    },
    find: async (requestId) => {
      const standing = await redis.answer((ask) => ask.hgetall(PREFIXES.decision + requestId))
      return Number(standing.expiresAtMs ?? 0) > clock() ? standing.outcome : undefined
    },
  }
}
