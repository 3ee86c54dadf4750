import type { Clock } from '../../oauth/clock.ts'
import type { RedisBackend } from './backend.ts'
import { ADD_TO_INDEX } from './scripts/add-to-index.ts'

/**
 * Names of records under one key, each until a time of its own: a superset of the live ones. Writers add a name before
 * they store its record; readers look every record up and leave out the dead.
 */
export interface ExpiringIndex {
  add(key: string, member: string, untilMs: number): Promise<void>
  members(key: string): Promise<string[]>
  has(key: string, member: string): Promise<boolean>
  remove(key: string, members: readonly string[]): Promise<void>
  clear(key: string): Promise<void>
}

export function createExpiringIndex(redis: RedisBackend, clock: Clock): ExpiringIndex {
  return {
    add: async (key, member, untilMs) => {
      await redis.run(ADD_TO_INDEX, key, clock(), member, untilMs)
    },
    members: (key) => redis.answer((ask) => ask.zrangebyscore(key, `(${clock()}`, '+inf')),
    has: async (key, member) => Number((await redis.answer((ask) => ask.zscore(key, member))) ?? 0) > clock(),
    remove: async (key, members) => {
      if (members.length > 0) await redis.answer((ask) => ask.zrem(key, ...members))
    },
    clear: async (key) => {
      await redis.answer((ask) => ask.del(key))
    },
  }
}
