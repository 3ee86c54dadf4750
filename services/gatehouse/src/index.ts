import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { type Auth, type Clock, type Config, createAuth, ownSecrets, readConfig } from '@gatehouse/auth'
import { type Bridge, createBridge, readBridgeConfig } from '@gatehouse/bridge'
import { createLog, type Environment, type Logger } from '@gatehouse/runtime'
import { readServersFile, type Server } from '@gatehouse/servers'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { createEdge } from './edge.ts'
import { ownKeys } from './own-keys.ts'

/** A sealed authorization request with a long `state` travels in a URL. */
const MAX_HEADER_BYTES = 32_768

export interface Gatehouse {
  /** Where it listens, for this machine: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly config: Config
  readonly servers: readonly Server[]
  readonly auth: Auth
  readonly bridge: Bridge
  readonly log: Logger
  /** In clear, on first start only: print it, it is kept nowhere. */
  readonly newPassword: string | undefined
  close(): Promise<void>
}

export interface GatehouseOptions {
  readonly environment: Environment
  readonly clock?: Clock
  readonly log?: Logger
  /** false leaves out the internal listener (/metrics, /healthz, /readyz), for many gateways in one test run. */
  readonly internal?: boolean
}

/**
 * The whole product in this process: authorization server, bridge, and the edge that joins them.
 * @throws ConfigError or ServersFileError before anything listens
 */
export async function startGatehouse({ environment, clock = Date.now, ...options }: GatehouseOptions): Promise<Gatehouse> {
  const config = readConfig(environment)
  const dataDir = resolve(config.DATA_DIR)
  const bridgeConfig = readBridgeConfig({ ...environment, DATA_DIR: dataDir })
  const servers = readServersFile(config.MCP_CONFIG, { ...environment, DATA_DIR: dataDir })
  const log = options.log ?? createLog('gatehouse', config.LOG_LEVEL)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const own = await ownSecrets(config)

  let edge: RequestListener = (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end()
  const auth = await createAuth({
    config,
    servers,
    ...own,
    clock,
    log: log.child({ part: 'auth' }),
    metrics,
    serverFactory: (publicEndpoints, serverOptions) => {
      const server = createServer(
        { ...serverOptions, maxHeaderSize: MAX_HEADER_BYTES, joinDuplicateHeaders: true },
        (request, response) => edge(request, response),
      )
      edge = publicEndpoints
      return server
    },
  })
  const bridge = createBridge({
    config: bridgeConfig,
    servers,
    keys: ownKeys(auth.keys),
    log: log.child({ part: 'bridge' }),
    clock,
    metrics,
  })
  edge = createEdge(auth, bridge, edge)

  await auth.publicApp.listen({ host: config.HOST, port: config.PORT })
  if (options.internal !== false) await auth.internalApp.listen({ host: config.INTERNAL_HOST, port: config.INTERNAL_PORT })
  const { address, family, port } = auth.publicApp.server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    config,
    servers,
    auth,
    bridge,
    log,
    newPassword: own.newPassword,
    close: async () => {
      // Children first: their open streams would keep the listener from closing.
      await bridge.close()
      await auth.close()
    },
  }
}
