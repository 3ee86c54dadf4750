import { ConfigError, closeOnSignals, createLog } from '@gatehouse/runtime'
import { readServersFile, ServersFileError } from '@gatehouse/servers'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { createAuth, readConfig } from './index.ts'
import { ownSecrets } from './secrets/own-secrets.ts'

/** The authorization server as a process of its own: configuration → adapters → app → listen → signals. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog('auth', config.LOG_LEVEL)
  const servers = readServersFile(config.MCP_CONFIG, undefined)
  const own = await ownSecrets(config)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const auth = await createAuth({ config, servers, ...own, clock: Date.now, log, metrics })
  closeOnSignals(log, () => auth.close())
  await auth.internalApp.listen({ host: config.INTERNAL_HOST, port: config.INTERNAL_PORT })
  await auth.publicApp.listen({ host: config.HOST, port: config.PORT })
  if (own.newPassword)
    process.stdout.write(`Sign in at ${config.PUBLIC_URL} with this password (shown once): ${own.newPassword}\n`)
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError || error instanceof ServersFileError)
    process.stderr.write(`gatehouse auth cannot start:\n${error.message}\n`)
  else process.stderr.write(`gatehouse auth cannot start: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
