import { hash } from 'node:crypto'
import { Cluster, type Redis, type RedisCommander } from 'ioredis'
import { isErrorReply, toStoreError } from './faults.ts'

/** A Lua script on exactly one key: Redis runs it as one atomic step. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

export const script = (lua: string): Script => ({ lua, sha: hash('sha1', lua) })

/** The connection as the stores see it. */
export interface RedisBackend {
  /** An outage becomes StoreUnavailableError; a bug is thrown as it is. */
  answer<T>(ask: (redis: RedisCommander) => Promise<T>): Promise<T>
  /** Runs a script by its digest, and by its text where Redis does not know it (any more): restart, SCRIPT FLUSH, failover. */
  run(script: Script, key: string, ...args: (string | number)[]): Promise<unknown>
  /** Every key under a prefix, on every node. It reads the whole key space: for an operator's command, not for a request. */
  keysUnder(prefix: string): Promise<string[]>
}

/** Keys that Redis looks at before it lets others have their turn. */
const SCAN_COUNT = 1_000

export function createRedisBackend(redis: Redis | Cluster): RedisBackend {
  const rethrow = (error: unknown): never => {
    throw toStoreError(error)
  }
  const answer = <T>(ask: (redis: RedisCommander) => Promise<T>): Promise<T> => ask(redis).catch(rethrow)
  return {
    answer,
    run: (script, key, ...args) =>
      redis.evalsha(script.sha, 1, key, ...args).catch((error: unknown) => {
        if (!isErrorReply(error, 'NOSCRIPT')) return rethrow(error)
        return redis.eval(script.lua, 1, key, ...args).catch(rethrow)
      }),
    keysUnder: (prefix) =>
      answer(async () => {
        const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
        // A cluster out of reach has no nodes, which does not mean that there are no keys.
        if (nodes.length === 0) throw new Error('no node of the cluster is known')
        return [...new Set((await Promise.all(nodes.map((node) => scan(node, prefix)))).flat())]
      }),
  }
}

/** SCAN may tell a key twice; it never leaves out one that was there all the time. Our prefixes have no pattern characters. */
async function scan(node: Redis, prefix: string): Promise<string[]> {
  const found: string[] = []
  let cursor = '0'
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_COUNT)
    found.push(...keys)
    cursor = next
  } while (cursor !== '0')
  return found
}
