import type { Logger } from '@gatehouse/runtime'
import type { Clock } from '../oauth/clock.ts'
import type { Stores } from './stores.ts'

/**
 * Opens the backend that STORE_URL names; the only place that chooses. The other's library is never loaded.
 * - `memory:` ends with the process (SQLite in memory, docs/adr/0001-memory-store-is-sqlite.md)
 * - `sqlite:PATH` is one file, relative to the working directory or absolute
 * - `redis://…`, `rediss://…`, `redis+sentinel://…`, `redis+cluster://…`: redis/parse-redis-url.ts
 * @throws Error with a sentence for the operator when the URL names no backend or its file cannot be opened
 */
export async function openStores(url: string, options: { clock: Clock; log: Logger }): Promise<Stores> {
  const file = url === 'memory:' ? ':memory:' : url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : ''
  if (file !== '') {
    const { openSqliteStores } = await import('./sqlite/open-sqlite.ts')
    return openSqliteStores(file, options.clock)
  }
  if (/^rediss?(\+(sentinel|cluster))?:/.test(url)) {
    const { openRedisStores } = await import('./redis/open-redis.ts')
    return openRedisStores(url, options)
  }
  // The rest of the URL may hold a password.
  throw new Error(
    'STORE_URL must be memory:, sqlite:PATH, or start with redis://, rediss://, redis+sentinel:// or redis+cluster://',
  )
}
