import { existsSync } from 'node:fs'
import { ConfigError, closeOnSignals } from '@gatehouse/runtime'
import { ServersFileError } from '@gatehouse/servers'
import { banner } from './banner.ts'
import { startGatehouse } from './index.ts'

/** The settings file that compose reads too; what the shell sets wins over it. */
const SETTINGS_FILE = '.env'

/** `npm start`: the whole product as one process. */
async function main(): Promise<void> {
  if (existsSync(SETTINGS_FILE)) process.loadEnvFile(SETTINGS_FILE)
  const gatehouse = await startGatehouse({ environment: process.env })
  closeOnSignals(gatehouse.log, () => gatehouse.close())
  // To stderr, so that stdout stays one JSON object a line for log collectors.
  process.stderr.write(banner(gatehouse, process.stderr.isTTY === true))
}

main().catch((error: unknown) => {
  process.stderr.write(`gatehouse cannot start:\n${explain(error)}\n`)
  process.exit(1)
})

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof ServersFileError) return error.message
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE')
    return `port ${(error as { port?: number }).port} is taken by another program; set PORT (or INTERNAL_PORT) to a free one`
  if (code === 'EACCES' || code === 'EROFS') return `${(error as Error).message}; DATA_DIR and STORE_URL must be writable`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
