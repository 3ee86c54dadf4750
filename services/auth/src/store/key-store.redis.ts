import type { KeyStore, StoredKey } from './key-store.ts'
import type { RedisBackend } from './redis/backend.ts'
import { PREFIXES } from './redis/keys.ts'
import { REPLACE_KEY } from './redis/scripts/replace-key.ts'

/** All keys in one hash by generation, because they are always read together. */
export function createRedisKeyStore(redis: RedisBackend): KeyStore {
  return {
    list: async () => {
      const keys = await redis.answer((ask) => ask.hvals(PREFIXES.signingKeys))
      return keys.map((json) => JSON.parse(json) as StoredKey).sort((a, b) => a.generation - b.generation)
    },
    add: async (key) =>
      (await redis.answer((ask) => ask.hsetnx(PREFIXES.signingKeys, String(key.generation), JSON.stringify(key)))) === 1,
    replace: async (key) =>
      (await redis.run(REPLACE_KEY, PREFIXES.signingKeys, key.generation, key.kid, JSON.stringify(key))) === 1,
    remove: async (generation) => {
      await redis.answer((ask) => ask.hdel(PREFIXES.signingKeys, String(generation)))
    },
  }
}
