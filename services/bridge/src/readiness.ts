import { isStdioServer, type Server } from '@gatehouse/servers'
import type { CrashBackOff } from './child/index.ts'
import type { Upstream } from './upstream/upstream.ts'

/** A server that does not serve now, and why, for the operator. */
export interface Fault {
  readonly server: string
  readonly reason: string
}

export interface ReadinessOptions {
  readonly servers: readonly Server[]
  readonly backOff: CrashBackOff
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Servers whose command was not found. Asked each time: a command may be installed later. */
  readonly isMissing: (server: Server) => boolean
}

/** Every server that does not serve now. Looks at what happened to real requests; starts nothing, asks nobody. */
export function faultsOf({ servers, backOff, upstreams, isMissing }: ReadinessOptions): Fault[] {
  const faults: Fault[] = []
  for (const server of servers) {
    if (isStdioServer(server)) {
      const waitMs = backOff.waitMs(server.name)
      if (waitMs > 0) faults.push({ server: server.name, reason: `keeps crashing; next start in ${Math.ceil(waitMs / 1000)} s` })
      else if (isMissing(server)) faults.push({ server: server.name, reason: 'its command is not found' })
    } else {
      const failure = upstreams.get(server.name)?.failure
      if (failure !== undefined) faults.push({ server: server.name, reason: `cannot be reached (${failure})` })
    }
  }
  return faults
}

/**
 * The bridge is ready while one server is: a proxy that took all of it out of service would take the good ones along.
 * @throws Error naming every server, when none serves
 */
export function checkReady(servers: readonly Server[], faults: readonly Fault[]): void {
  if (servers.length === 0 || faults.length < servers.length) return
  throw new Error(faults.map(({ server, reason }) => `${server}: ${reason}`).join('; '))
}
