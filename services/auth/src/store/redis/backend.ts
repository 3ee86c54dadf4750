import { hash } from 'node:crypto'
import type { RedisCommander } from 'ioredis'
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
}

export function createRedisBackend(redis: RedisCommander): RedisBackend {
  const answer = async <T>(ask: (redis: RedisCommander) => Promise<T>): Promise<T> => {
    try {
      return await ask(redis)
    } catch (error) {
      throw toStoreError(error)
    }
  }
  return {
    answer,
    run: (script, key, ...args) =>
      answer(async () => {
        try {
          return await redis.evalsha(script.sha, 1, key, ...args)
        } catch (error) {
          if (!isErrorReply(error, 'NOSCRIPT')) throw error
          return redis.eval(script.lua, 1, key, ...args)
        }
      }),
  }
}
