import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError, closeOnSignals, createLog, KEEP_ALIVE_TIMEOUT_MS } from '@gatehouse/runtime'
import { readServersFile, ServersFileError } from '@gatehouse/servers'
import { Registry } from 'prom-client'
import { createBridge } from './app.ts'
import { getJson } from './assertion/get-json.ts'
import { createRemoteKeys } from './assertion/remote-keys.ts'
import { readBridgeEnvironment } from './config.ts'

/** An assertion of somebody with many groups is long. */
const MAX_HEADER_BYTES = 32 * 1024

/** The bridge as a process of its own: environment → servers → listeners → signals. */
async function main(): Promise<void> {
  const settings = readBridgeEnvironment(process.env)
  const servers = readServersFile(settings.serversFile, { ...process.env, DATA_DIR: settings.dataDir })
  const log = createLog('bridge', settings.logLevel)
  const bridge = createBridge({
    config: settings.bridge,
    servers,
    keys: createRemoteKeys({ url: settings.jwksUrl, getJson, clock: Date.now }),
    log,
    metrics: new Registry(),
  })
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Two values of one header become one with a comma, which no rule accepts, instead of the first.
      joinDuplicateHeaders: true,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    bridge.handle,
  )
  closeOnSignals(log, async () => {
    server.close()
    server.closeIdleConnections()
    await bridge.close()
    server.closeAllConnections()
  })
  await bridge.internal.listen({ host: settings.host, port: settings.internalPort })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })
  if (settings.bridge.auth === 'none')
    log.warn({ event: 'auth_none' }, 'AUTH=none: whoever reaches this machine’s loopback may use every server')
  const { port } = server.address() as AddressInfo
  log.info({ event: 'listening', host: settings.host, port, servers: servers.map(({ name }) => name) }, 'bridge listens')
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof ServersFileError
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
