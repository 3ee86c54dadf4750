import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomSecret } from '../oauth/secret.ts'
import { madeOnce } from './made-once.ts'

const REDIS_USER = 'gatehouse'

export interface StoreSecretsOptions {
  /** Shared with Redis and auth, and with nobody else. */
  readonly folder: string
  /** Made once when absent. */
  readonly redisPassword: string | undefined
  /** Redis of the operator's own; its URL goes to auth as it is. */
  readonly storeUrl: string | undefined
}

/**
 * What Redis and auth must agree on in the compose stack: `users.acl` for Redis, `redis-password` for its health check,
 * `store-url` for auth's STORE_URL_FILE. Written anew at each start, so that a changed password takes effect.
 */
export function writeStoreSecrets({ folder, redisPassword, storeUrl }: StoreSecretsOptions): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const password = redisPassword ?? madeOnce(folder, 'made-redis-password', () => randomSecret()).value
  write(folder, 'redis-password', password)
  write(folder, 'users.acl', redisUsers(password))
  write(folder, 'store-url', storeUrl ?? `redis://${REDIS_USER}:${encodeURIComponent(password)}@redis:6379`)
}

/**
 * One user, who reaches our own keys and channels and cannot empty, reconfigure, copy or stop the server. INFO is how the
 * client library learns that Redis has loaded its data.
 *
 * Nobody can sign in as `default`, but its rights must stay: Redis reads its append-only file back as that user, and drops
 * every transaction in it that the user may not run. Each of our scripts is written down as a transaction.
 */
export function redisUsers(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex')
  return [
    'user default off resetpass ~* &* +@all',
    `user ${REDIS_USER} on #${hash} ~gh:* &gh:* -@all +@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous +info`,
  ].join('\n')
}

/** Whole or not at all: Redis and auth may be reading. */
function write(folder: string, name: string, content: string): void {
  const draft = join(folder, `.${name}.${randomSecret(6)}`)
  writeFileSync(draft, `${content}\n`, { mode: 0o400, flag: 'wx' })
  renameSync(draft, join(folder, name))
}
