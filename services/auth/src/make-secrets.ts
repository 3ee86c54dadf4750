import { ConfigError, readEnvironment } from '@gatehouse/runtime'
import { readServersFile, ServersFileError } from '@gatehouse/servers'
import { z } from 'zod'
import { readClientsFile } from './clients/clients-file.ts'
import { readConfig } from './config.ts'
import { ownSecrets } from './secrets/own-secrets.ts'
import { writeStoreSecrets } from './secrets/store-secrets.ts'

/** What only the compose stack's `secrets` service reads. */
const stackSchema = z.object({
  STORE_SECRETS_DIR: z.string(),
  REDIS_PASSWORD: z.string().min(16, 'is shorter than 16 characters; leave it out, and one is made').optional(),
  STORE_URL: z
    .string()
    .regex(/^rediss?[:+]/, 'must be redis://… or rediss://… here; leave it out for the Redis of this stack')
    .optional(),
})

/**
 * The compose stack's one-shot: refuses a configuration with faults before any other container starts, and makes once what
 * was not given. auth finds the results where it would have made them itself.
 */
async function main(): Promise<void> {
  const stack = readEnvironment(stackSchema, process.env)
  const config = readConfig(process.env)
  const servers = readServersFile(config.MCP_CONFIG, undefined)
  // Secrets in files are there for auth alone.
  readClientsFile(config.CLIENTS_CONFIG, { opensSecrets: false })
  const { newPassword, operatorPassword } = await ownSecrets(config)
  writeStoreSecrets({ folder: stack.STORE_SECRETS_DIR, redisPassword: stack.REDIS_PASSWORD, storeUrl: stack.STORE_URL })
  for (const { name } of servers) process.stdout.write(`MCP server: ${config.PUBLIC_URL}/${name}/mcp\n`)
  process.stdout.write(`${signInLine(config.PUBLIC_URL, newPassword, operatorPassword, config.OPERATOR_PASSWORD)}\n`)
}

function signInLine(url: string, made: string | undefined, inUse: string | undefined, configured: string | undefined): string {
  if (made !== undefined) return `Sign in at ${url} with this password, shown only now: ${made}`
  if (inUse === undefined) return `Sign in at ${url} with your identity provider.`
  if (configured !== undefined) return `Sign in at ${url} with OPERATOR_PASSWORD.`
  return `Sign in at ${url} with the password of the first start. Lost it? \`just new-password\` makes another.`
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof ServersFileError
  process.stderr.write(
    `Gatehouse cannot start:\n${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exit(1)
})
