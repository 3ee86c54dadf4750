import { createHash, randomBytes } from 'node:crypto'
import formbody from '@fastify/formbody'
import { createLog } from '@gatehouse/runtime'
import { parseServers, type Server } from '@gatehouse/servers'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { createClients } from '../clients/assemble.ts'
import { parseClientsFile } from '../clients/clients-file.ts'
import { readConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createFetchJson, type FetchJsonOptions } from '../fetch/fetch-json.ts'
import { jsonErrorHandler } from '../http/error-handler.ts'
import { readParams } from '../http/params.ts'
import { createSigningKeys } from '../keys/create-signing-keys.ts'
import { newCode, newGrantId } from '../oauth/code.ts'
import type { CodeBinding, Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { createResources } from '../oauth/resource.ts'
import { sha256 } from '../oauth/secret.ts'
import { openStores } from '../store/open-stores.ts'
import type { Stores } from '../store/stores.ts'

export const SECRET = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
export const REDIRECT_URI = 'https://client.test/callback'

export const OCTOCAT: Identity = {
  subject: 'github:583231',
  provider: 'github',
  login: 'octocat',
  name: 'The Octocat',
  email: 'octocat@example.com',
  groups: [],
  organizations: ['github'],
  teams: ['github/hubbers'],
}

export interface TestContext extends Context {
  /** Moves the clock. */
  advance(seconds: number): void
  /** Everything logged so far, a JSON object a line. */
  logs(): string
}

export interface TestContextOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** The `mcpServers` of the servers file; `memory` and `docs` by default. */
  readonly servers?: Readonly<Record<string, unknown>>
  /** The operator's clients file; empty by default. */
  readonly clientsFile?: object
  /** Name servers and limits for fetching documents; by default no name is known. */
  readonly fetching?: Partial<FetchJsonOptions>
  /** To share stores and a clock: another replica of the same gateway. */
  readonly replicaOf?: Context
  /** Instead of a store in memory. */
  readonly stores?: Stores
}

/** Everything a step needs, on a store in memory and a clock that stands still. */
export async function createTestContext(options: TestContextOptions = {}): Promise<TestContext> {
  const config = readConfig({
    PUBLIC_URL: 'https://gate.test',
    GATEHOUSE_SECRET: SECRET,
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET: 'secret',
    ALLOWED_USERS: 'github:octocat',
    ...options.environment,
  })
  let now = Date.parse('2026-11-25T12:00:00Z')
  const clock = options.replicaOf?.clock ?? (() => now)
  const lines: string[] = []
  const log = createLog('auth', 'trace', { write: (line: string) => void lines.push(line) })
  const stores = options.stores ?? options.replicaOf?.stores ?? (await openStores('memory:', { clock, log }))
  const secrets = config.GATEHOUSE_SECRETS ?? [config.GATEHOUSE_SECRET ?? SECRET]
  const keys = createSigningKeys({ store: stores.keys, secrets, clock, log })
  await keys.refresh()
  const fetchJson = createFetchJson({
    allowedPrivateHosts: config.CIMD_ALLOWED_PRIVATE_HOSTS,
    resolvePublicName: () => Promise.reject(Object.assign(new Error('no network here'), { code: 'ENOTFOUND' })),
    ...options.fetching,
  })
  const file = parseClientsFile(JSON.stringify(options.clientsFile ?? {}), 'clients.json')
  return {
    config,
    stores,
    keys,
    ...createClients({ config, stores, file, fetchJson, clock, log }),
    resources: createResources(config.PUBLIC_URL, readServers(options.servers)),
    clock,
    log,
    metrics: new Registry(),
    secrets,
    advance: (seconds) => {
      now += seconds * 1000
    },
    logs: () => lines.join(''),
  }
}

const readServers = (
  servers: Readonly<Record<string, unknown>> = { memory: { command: 'x' }, docs: { url: 'http://docs/mcp' } },
): Server[] => parseServers(JSON.stringify({ mcpServers: servers }), 'mcp.json', {})

/** An app as app.ts makes it: forms, errors as JSON. */
export async function createTestApp(mount: (app: FastifyInstance) => void, context?: Context): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    bodyLimit: 65_536,
    ...(context ? { loggerInstance: context.log as FastifyBaseLogger } : {}),
  })
  app.setErrorHandler(jsonErrorHandler)
  await app.register(formbody, { parser: (form: string) => readParams(form, ['resource']) })
  mount(app)
  await app.ready()
  return app
}

export interface Approval {
  readonly grant: Grant
  readonly code: string
  readonly verifier: string
}

/** What /authorize and the consent page end with: a grant, waiting for its code to be redeemed. */
export async function approve(
  context: Context,
  clientId: string,
  overrides: Partial<Grant> & Partial<Pick<CodeBinding, 'nonce' | 'authTime' | 'dpopJkt'>> = {},
): Promise<Approval> {
  const { nonce, authTime, dpopJkt, ...members } = overrides
  const now = Math.floor(context.clock() / 1000)
  const grant: Grant = {
    id: newGrantId(),
    clientId,
    identity: OCTOCAT,
    redirectUri: REDIRECT_URI,
    scopes: ['mcp'],
    resource: `${context.config.PUBLIC_URL}/memory/mcp`,
    createdAt: now,
    ...members,
  }
  const code = newCode(grant.id)
  const verifier = randomBytes(32).toString('base64url')
  await context.stores.grants.issueCode(grant, {
    codeHash: sha256(code),
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    redirectUri: grant.redirectUri ?? REDIRECT_URI,
    expiresAt: now + 60,
    ...(nonce === undefined ? {} : { nonce }),
    ...(authTime === undefined ? {} : { authTime }),
    ...(dpopJkt === undefined ? {} : { dpopJkt }),
  })
  return { grant, code, verifier }
}

export const form = (fields: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString()
