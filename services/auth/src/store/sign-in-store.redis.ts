import type { Clock } from '../oauth/clock.ts'
import type { RedisBackend } from './redis/backend.ts'
import { createExpiringValues } from './redis/expiring-value.ts'
import { PREFIXES } from './redis/keys.ts'
import type { SignInAttempt, SignInStore } from './sign-in-store.ts'

export function createRedisSignInStore(redis: RedisBackend, clock: Clock): SignInStore {
  const attempts = createExpiringValues<SignInAttempt>(redis, clock)
  return {
    put: (stateHash, attempt, ttlSeconds) => attempts.put(PREFIXES.signIn + stateHash, attempt, ttlSeconds),
    find: (stateHash) => attempts.find(PREFIXES.signIn + stateHash),
    take: (stateHash) => attempts.take(PREFIXES.signIn + stateHash),
  }
}
