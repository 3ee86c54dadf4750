import { once } from 'node:events'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { isErrorReply } from './faults.ts'
import type { RedisTarget } from './parse-redis-url.ts'
import { writeTogether } from './write-together.ts'

/** Below the two seconds within which callers are promised an answer, whatever hangs. */
export const ANSWER_TIMEOUT_MS = 1_500
/** Back-off between attempts to reconnect: service returns within two seconds of Redis, without hammering it. */
const RECONNECT_MAX_MS = 1_000
const RECONNECT_STEP_MS = 50
/** While Redis loads its data it is asked again this often. */
const LOADING_POLL_MS = 500
/** A connection that we gave up is not waited for. */
const DISCONNECT_TIMEOUT_MS = 100
/** A cluster that moved slots while nobody asked is noticed after this. */
const SLOTS_REFRESH_MS = 5_000

export const reconnectDelayMs = (attempt: number): number => Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MAX_MS)

/**
 * Fails fast and never repeats: a command is sent at once or refused, and is not sent again when the connection breaks,
 * because the caller has been told "unavailable" by then and nothing may happen behind its back. A connection that is
 * silent for ANSWER_TIMEOUT_MS after a command is dropped, with whatever Redis has not read yet.
 */
const FAIL_FAST = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: ANSWER_TIMEOUT_MS,
  socketTimeout: ANSWER_TIMEOUT_MS,
  connectTimeout: ANSWER_TIMEOUT_MS,
  sentinelCommandTimeout: ANSWER_TIMEOUT_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
  maxLoadingRetryTime: LOADING_POLL_MS,
  sentinelRetryStrategy: reconnectDelayMs,
  // After a failover the old master is a replica: look for the new one.
  reconnectOnError: (error: Error) => isErrorReply(error, 'READONLY'),
} satisfies RedisOptions

/** The connection for commands. It reconnects for ever; see FAIL_FAST for what happens meanwhile. */
export function connectClient(target: RedisTarget): Redis | Cluster {
  if (target.topology === 'cluster') return connectCluster(target)
  const address = { ...credentialsOf(target), ...addressOf(target, 0), db: target.db }
  const redis = new Redis({ ...FAIL_FAST, ...address, retryStrategy: reconnectDelayMs })
  writeTogether(redis)
  return redis
}

/** Resolves when commands are answered, by every node of a cluster. */
export async function connected(client: Redis | Cluster): Promise<void> {
  await once(client, 'ready')
  if (!(client instanceof Cluster)) return
  await Promise.all(client.nodes('master').map((node) => node.status === 'ready' || once(node, 'ready')))
}

/** Resolves when a command is answered, by every master of a cluster. */
export async function ping(client: Redis | Cluster): Promise<void> {
  await client.ping()
  if (client instanceof Cluster) await Promise.all(client.nodes('master').map((node) => node.ping()))
}

function connectCluster(target: RedisTarget): Cluster {
  const { enableOfflineQueue, ...redisOptions } = FAIL_FAST
  const cluster = new Cluster([...target.nodes], {
    redisOptions: { ...redisOptions, ...credentialsOf(target) },
    enableOfflineQueue,
    clusterRetryStrategy: reconnectDelayMs,
    slotsRefreshTimeout: ANSWER_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Would ask a node that is just being connected to, be refused, and start all over; `connected` and `ping` ask them all.
    enableReadyCheck: false,
    // Would send commands again whose outcome is unknown.
    retryDelayOnFailover: 0,
  })
  // ioredis connects to a node when the first command is for it, and refuses the others until then.
  cluster.on('+node', (node: Redis) => {
    writeTogether(node)
    if (node.status === 'wait') node.connect().catch(() => {})
  })
  return cluster
}

/**
 * A connection for messages, for one life: it ends instead of reconnecting, so that its owner knows what was missed.
 * @param attempt - counts up, so that the nodes of a cluster are tried in turn; each passes on every message
 */
export const connectSubscriber = (target: RedisTarget, attempt: number): Redis =>
  new Redis({
    ...FAIL_FAST,
    ...credentialsOf(target),
    ...addressOf(target, attempt),
    autoResubscribe: false,
    retryStrategy: null,
  })

function credentialsOf(target: RedisTarget) {
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
  }
}

function addressOf(target: RedisTarget, attempt: number) {
  if (target.topology === 'sentinel') {
    return { sentinels: [...target.nodes], name: target.masterName, enableTLSForSentinelMode: target.tls }
  }
  return { ...target.nodes[attempt % target.nodes.length] }
}
