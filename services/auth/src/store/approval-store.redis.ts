import type { Clock } from '../oauth/clock.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { RedisBackend } from './redis/backend.ts'
import { createExpiringIndex } from './redis/expiring-index.ts'
import { PREFIXES } from './redis/keys.ts'

/** A person's approvals are names in one index; there is no record behind them. */
export function createRedisApprovalStore(redis: RedisBackend, clock: Clock): ApprovalStore {
  const index = createExpiringIndex(redis, clock)
  return {
    remember: (subject, approvalKey, ttlSeconds) =>
      index.add(PREFIXES.approvals + subject, approvalKey, clock() + ttlSeconds * 1000),
    has: (subject, approvalKey) => index.has(PREFIXES.approvals + subject, approvalKey),
    forgetAll: (subject) => index.clear(PREFIXES.approvals + subject),
  }
}
