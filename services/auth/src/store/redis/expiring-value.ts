import type { Clock } from '../../oauth/clock.ts'
import type { RedisBackend } from './backend.ts'

/** What stands under such a key, as JSON. */
interface Envelope<T> {
  readonly expiresAtMs: number
  readonly value: T
}

/** A value under a key of its own that ends by itself. */
export interface ExpiringValues<T> {
  put(key: string, value: T, ttlSeconds: number): Promise<void>
  find(key: string): Promise<T | undefined>
  /** Reads and removes in one atomic step. */
  take(key: string): Promise<T | undefined>
}

export function createExpiringValues<T>(redis: RedisBackend, clock: Clock): ExpiringValues<T> {
  const open = (json: string | null): T | undefined => {
    if (json === null) return undefined
    const envelope = JSON.parse(json) as Envelope<T>
    return envelope.expiresAtMs > clock() ? envelope.value : undefined
  }
  return {
    put: async (key, value, ttlSeconds) => {
      const ttlMs = ttlSeconds * 1000
      const envelope: Envelope<T> = { expiresAtMs: clock() + ttlMs, value }
      await redis.answer((ask) => ask.set(key, JSON.stringify(envelope), 'PX', ttlMs))
    },
    find: async (key) => open(await redis.answer((ask) => ask.get(key))),
    take: async (key) => open(await redis.answer((ask) => ask.getdel(key))),
  }
}
