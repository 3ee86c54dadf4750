import { closeListener, type Logger } from '@gatehouse/runtime'
import type { Server } from '@gatehouse/servers'
import type { FastifyInstance, FastifyServerFactory } from 'fastify'
import type { Registry } from 'prom-client'
import { createInternalApp, createPublicApp } from './app.ts'
import { createClients } from './clients/assemble.ts'
import { readClientsFile } from './clients/clients-file.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { createFetchJson } from './fetch/fetch-json.ts'
import { createHostRule } from './http/check-host.ts'
import { createSigningKeys } from './keys/create-signing-keys.ts'
import type { Clock } from './oauth/clock.ts'
import { createResources, type Resources } from './oauth/resource.ts'
import { openStores } from './store/open-stores.ts'
import { createVerifier, type Verifier } from './verify/verifier.ts'

export { type Config, environmentSchema, readConfig } from './config.ts'
export type { Clock } from './oauth/clock.ts'
export { ownSecrets } from './secrets/own-secrets.ts'
export { readHeaders } from './verify/read-headers.ts'

/** How often the keys are read again, so that rotation happens on time, and a key that an operator withdrew is trusted no longer. */
const KEY_REFRESH_MS = 10_000
/** While the store is away at start; the endpoints that need no store already answer. */
const KEY_RETRY_MS = 1_000

/** The authorization server, assembled but not listening. */
export interface Auth {
  readonly publicApp: FastifyInstance
  readonly internalApp: FastifyInstance
  readonly verifier: Verifier
  readonly resources: Resources
  readonly keys: Context['keys']
  readonly stores: Context['stores']
  isKnownHost(host: string | undefined): boolean
  /** @throws StoreUnavailableError while the store or the keys are not there */
  ready(): Promise<void>
  close(): Promise<void>
}

export interface AuthOptions {
  readonly config: Config
  readonly servers: readonly Server[]
  readonly secrets: readonly string[]
  /** Plain, or `scrypt:…`; undefined = nobody signs in by password. */
  readonly operatorPassword: string | undefined
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** For the one-process edition, whose edge stands in front of the public endpoints. */
  readonly serverFactory?: FastifyServerFactory
}

/** Chooses the adapters, connects them, and starts the timers; the caller listens. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, clock, log, secrets, metrics } = options
  const file = readClientsFile(config.CLIENTS_CONFIG)
  const stores = await openStores(config.STORE_URL, { clock, log })
  const keys = createSigningKeys({ store: stores.keys, secrets, clock, log })
  const fetchJson = createFetchJson({ allowedPrivateHosts: config.CIMD_ALLOWED_PRIVATE_HOSTS, log })
  const context: Context = {
    config,
    stores,
    keys,
    ...createClients({ config, stores, file, fetchJson, clock, log }),
    resources: createResources(config.PUBLIC_URL, options.servers),
    clock,
    log,
    metrics,
    secrets,
  }
  const verifier = createVerifier(context)
  const ready = async () => {
    await stores.ping()
    keys.current()
  }
  const publicApp = await createPublicApp(context, options.operatorPassword, options.serverFactory)
  const internalApp = createInternalApp(context, verifier, ready)
  const stopKeys = keepFresh(context.keys, log)
  await publicApp.ready()
  await internalApp.ready()
  return {
    publicApp,
    internalApp,
    verifier,
    resources: context.resources,
    keys,
    stores,
    isKnownHost: createHostRule(config),
    ready,
    close: async () => {
      stopKeys()
      await Promise.all([closeListener(publicApp), closeListener(internalApp)])
      await stores.close()
    },
  }
}

/** Reads the keys now and every KEY_REFRESH_MS, and every second while they cannot be read. */
function keepFresh(keys: Context['keys'], log: Logger): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let failing = false
  const run = async () => {
    let delay = KEY_REFRESH_MS
    try {
      await keys.refresh()
      failing = false
    } catch (error) {
      if (!failing) log.warn({ event: 'keys_unavailable', err: error }, 'signing keys cannot be read; trying again')
      failing = true
      delay = KEY_RETRY_MS
    }
    if (!stopped) timer = setTimeout(run, delay).unref()
  }
  void run()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
