import type { Logger } from '@gatehouse/runtime'
import type { Clock } from '../../oauth/clock.ts'
import { createRedisApprovalStore } from '../approval-store.redis.ts'
import { createRedisClientStore } from '../client-store.redis.ts'
import { createRedisDecisionStore } from '../decision-store.redis.ts'
import { createRedisExpiringStore } from '../expiring-store.redis.ts'
import { createRedisGrantStore } from '../grant-store.redis.ts'
import { createRedisKeyStore } from '../key-store.redis.ts'
import { createRedisRevocationBus } from '../revocation-bus.redis.ts'
import { createRedisSessionStore } from '../session-store.redis.ts'
import { createRedisSignInStore } from '../sign-in-store.redis.ts'
import type { Stores } from '../stores.ts'
import { createRedisThrottleStore } from '../throttle-store.redis.ts'
import { createRedisBackend } from './backend.ts'
import { ANSWER_TIMEOUT_MS, connectClient, connected, connectSubscriber, ping } from './connect.ts'
import { logConnection } from './connection-log.ts'
import { parseRedisUrl } from './parse-redis-url.ts'

/**
 * All stores on Redis 7 or later (or Valkey): one server, Sentinel or Cluster; see parseRedisUrl for the URL.
 *
 * Waits briefly for the connection. When Redis is not there the stores come up all the same and answer
 * StoreUnavailableError until it is, so that the order in which a stack starts does not matter.
 * @throws Error when the URL cannot be read
 */
export async function openRedisStores(url: string, options: { clock: Clock; log: Logger }): Promise<Stores> {
  const { clock, log } = options
  const target = parseRedisUrl(url)
  const client = connectClient(target)
  const stopLogging = logConnection(client, log)
  const ready = connected(client)
  const redis = createRedisBackend(client)
  const revocations = createRedisRevocationBus(redis, (attempt) => connectSubscriber(target, attempt))
  await atMost(ANSWER_TIMEOUT_MS, Promise.all([ready, revocations.listening]))

  return {
    grants: createRedisGrantStore(redis, clock),
    clients: createRedisClientStore(redis, clock),
    sessions: createRedisSessionStore(redis, clock),
    signIns: createRedisSignInStore(redis, clock),
    decisions: createRedisDecisionStore(redis, clock),
    approvals: createRedisApprovalStore(redis, clock),
    throttles: createRedisThrottleStore(redis, clock),
    expiring: createRedisExpiringStore(redis, clock),
    keys: createRedisKeyStore(redis),
    revocations,
    ping: () => redis.answer(() => ping(client)),
    close: async () => {
      stopLogging()
      revocations.close()
      client.disconnect()
    },
  }
}

/** Resolves with the work or after the time, whichever is first; a failure counts as the latter. */
async function atMost(timeMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeMs)
  await Promise.race([work.catch(() => timeIsUp), timeIsUp])
  clearTimeout(timer)
}
