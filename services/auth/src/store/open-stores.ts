import type { Logger } from '@gatehouse/runtime'
import type { Clock } from '../oauth/clock.ts'
import { openRedisStores } from './redis/open-redis.ts'
import { openSqliteStores } from './sqlite/open-sqlite.ts'
import type { Stores } from './stores.ts'

/**
 * Opens the backend that STORE_URL names; the only place that chooses.
 * - `memory:` ends with the process (SQLite in memory, docs/adr/0001-memory-store-is-sqlite.md)
 * - `sqlite:PATH` is one file, relative to the working directory or absolute
 * - `redis://…`, `rediss://…`, `redis+sentinel://…`, `redis+cluster://…`: redis/parse-redis-url.ts
 * @throws Error with a sentence for the operator when the URL names no backend or its file cannot be opened
 */
export async function openStores(url: string, options: { clock: Clock; log: Logger }): Promise<Stores> {
  if (url === 'memory:') return openSqliteStores(':memory:', options.clock)
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    return openSqliteStores(url.slice('sqlite:'.length), options.clock)
  }
  if (/^rediss?(\+(sentinel|cluster))?:/.test(url)) return openRedisStores(url, options)
  // The rest of the URL may hold a password.
  throw new Error(
    'STORE_URL must be memory:, sqlite:PATH, or start with redis://, rediss://, redis+sentinel:// or redis+cluster://',
  )
}
