import { existsSync } from 'node:fs'
import {
  type Config,
  gatehouseSecrets,
  openStores,
  readConfig,
  type Stores,
  StoreUnavailableError,
} from '@gatehouse/auth/operator'
import { createLog } from '@gatehouse/runtime'
import { type Call, Failure } from './command.ts'
import { showProgress } from './progress.ts'

/** What a command works on. */
export interface Gateway {
  readonly config: Config
  readonly stores: Stores
  /** The first seals, all open. */
  readonly secrets: readonly string[]
}

/**
 * Opens the gateway's store by the configuration of the services, does the work, and closes it again. What takes longer than
 * a second says so.
 * @param what - "reading the grants"
 * @throws ConfigError, StoreUnavailableError, Failure when there can be no store
 */
export async function withGateway<Result>(
  call: Call,
  what: string,
  work: (gateway: Gateway) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(call.environment)
  requireStore(config.STORE_URL)
  const secrets = secretsOf(config)
  const done = showProgress(call.stderr, what)
  try {
    const stores = await open(config.STORE_URL, call.clock)
    try {
      await stores.ping()
      return await work({ config, stores, secrets })
    } finally {
      await stores.close()
    }
  } finally {
    done()
  }
}

/** @throws Failure with a sentence instead of an empty store that would be made here and now */
function requireStore(storeUrl: string): void {
  if (storeUrl === 'memory:')
    throw new Failure('STORE_URL=memory: lives inside the running process; nobody reaches it from outside')
  const path = storeUrl.startsWith('sqlite:') ? storeUrl.slice('sqlite:'.length) : undefined
  if (path !== undefined && !existsSync(path)) {
    throw new Failure(`there is no store at ${path} yet; start Gatehouse once, or run this where it runs (STORE_URL, .env)`)
  }
}

/** @throws Failure when DATA_DIR cannot be read or written */
export function secretsOf(config: Config): readonly string[] {
  try {
    return gatehouseSecrets(config)
  } catch (error) {
    throw new Failure(`the secret in DATA_DIR cannot be read: ${(error as Error).message}`)
  }
}

/** openStores says in a sentence what is wrong with a URL or a file. Its log is the services': only answers count here. */
async function open(storeUrl: string, clock: Call['clock']): Promise<Stores> {
  try {
    return await openStores(storeUrl, { clock, log: createLog('gatehouse', 'silent') })
  } catch (error) {
    throw error instanceof StoreUnavailableError ? error : new Failure((error as Error).message)
  }
}
