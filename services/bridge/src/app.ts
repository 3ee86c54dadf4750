import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInternalListener, type Logger } from '@gatehouse/runtime'
import { isStdioServer, type Server, type StdioServer } from '@gatehouse/servers'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { AssertionKeys } from './assertion/assertion-keys.ts'
import { createVerifyAssertion } from './assertion/verify-assertion.ts'
import { createCrashBackOff, findCommand, type StopWaits } from './child/index.ts'
import { type BridgeConfig, hostRule, originRule } from './config.ts'
import { createEndpoint } from './http/endpoint.ts'
import { createRoutes } from './http/routes.ts'
import { createMetrics } from './metrics.ts'
import { observeSessions } from './observe-sessions.ts'
import { checkReady, type Fault, faultsOf } from './readiness.ts'
import { createSessionRevision } from './revisions/rev-2025-11-25/endpoint.ts'
import { Sessions } from './revisions/rev-2025-11-25/sessions.ts'
import { type Every, every as systemEvery } from './ticker.ts'
import { createUpstream, type Upstream } from './upstream/upstream.ts'

const TICK_MS = 1_000
/** Proxies close connections that are silent for 30 to 100 s. */
const KEEP_ALIVE_MS = 15_000
/** What calls in flight have to finish when the bridge ends; with the end of the children it stays below 6 s. */
const DRAIN_MS = 1_000

export interface BridgeOptions {
  readonly config: BridgeConfig
  readonly servers: readonly Server[]
  /** Where the gateway's public keys come from; not asked when `config.auth` is `none`. */
  readonly keys: AssertionKeys
  readonly log: Logger
  readonly metrics: Registry
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  readonly every?: Every
  readonly stopWaits?: StopWaits
}

export interface Bridge {
  /** Serves one request below PUBLIC_URL's path; a listener of node:http. */
  handle(req: IncomingMessage, res: ServerResponse): void
  /** /healthz, /readyz and /metrics, not listening yet. */
  readonly internal: FastifyInstance
  /** Rejects with the reasons when no server can serve. */
  ready(): Promise<void>
  /** Takes no more work, lets calls finish for a moment, then ends every child. Below 6 s. */
  close(): Promise<void>
}

/** Puts the bridge together, without a listener of its own. */
export function createBridge(options: BridgeOptions): Bridge {
  const { config, servers, keys, log, metrics: registry } = options
  const { clock = Date.now, every = systemEvery } = options
  let closing: Promise<void> | undefined

  const metrics = createMetrics(registry, { sessions: () => sessions.size, children: () => sessions.children })
  const backOff = createCrashBackOff(clock)
  const sessions = new Sessions({
    sessionIdleMs: config.sessionIdleSeconds * 1000,
    callTimeoutMs: config.callTimeoutSeconds * 1000,
    clock,
    backOff,
    basicEnvironment: config.childEnvironment,
    observer: observeSessions(log, metrics, clock),
    stopWaits: options.stopWaits,
  })
  const upstreams = new Map<string, Upstream>()
  for (const server of servers) {
    if (isStdioServer(server)) continue
    const callTimeoutMs = (server.timeoutSeconds ?? config.callTimeoutSeconds) * 1000
    const observe = (outcome: string, startedAt: number) =>
      metrics.callFinished(server.name, outcome, (clock() - startedAt) / 1000)
    upstreams.set(server.name, createUpstream({ server, callTimeoutMs, isVerified: config.auth !== 'none', clock, observe }))
  }

  const handle = createEndpoint({
    routes: createRoutes(config.publicUrl, servers),
    verify: config.auth === 'none' ? undefined : createVerifyAssertion({ issuer: config.publicUrl, keys, clock }),
    isOriginAllowed: originRule(config),
    isHostAllowed: hostRule(config),
    maxBodyBytes: config.maxBodyBytes,
    revisions: { 'rev-2025-11-25': createSessionRevision(sessions) },
    upstreams,
    isClosing: () => closing !== undefined,
    log,
    refused: metrics.refused,
  })

  const isMissing = (server: Server) => isStdioServer(server) && !isInstalled(server, config.childEnvironment.PATH)
  const faults = (): Fault[] => faultsOf({ servers, backOff, upstreams, isMissing })
  const ready = async () => {
    if (closing !== undefined) throw new Error('shutting down')
    checkReady(servers, faults())
  }
  const internal = createInternalListener(log, registry, ready)
  addDegraded(internal, faults)
  for (const server of servers.filter(isMissing)) {
    log.warn(
      { event: 'command_missing', server: server.name },
      `the command of "${server.name}" is not found; its sessions will fail`,
    )
  }

  const tick = every(TICK_MS, () => sessions.tick(clock()))
  const keepAlive = every(KEEP_ALIVE_MS, () => sessions.keepAlive(clock()))
  const close = async () => {
    sessions.endIdle()
    for (let waited = 0; waited < DRAIN_MS && sessions.callsInFlight > 0; waited += 50) await sleep(50)
    tick.stop()
    keepAlive.stop()
    await Promise.all([sessions.close(), ...[...upstreams.values()].map((upstream) => upstream.close())])
    await internal.close()
  }
  return {
    handle,
    internal,
    ready,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

const isInstalled = (server: StdioServer, path: string | undefined): boolean =>
  findCommand(server.command, server.env.PATH ?? path, server.cwd ?? '.') !== undefined

/** /readyz says 200 while one server serves; `degraded` names those that do not. */
function addDegraded(internal: FastifyInstance, faults: () => Fault[]): void {
  internal.addHook('preSerialization', async (request, _reply, payload) => {
    if (request.url !== '/readyz' || typeof payload !== 'object' || payload === null) return payload
    const degraded = faults()
    return degraded.length === 0 ? payload : { ...payload, degraded }
  })
}
