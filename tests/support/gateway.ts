import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLog } from '@gatehouse/runtime'
import { type Gatehouse, startGatehouse } from '../../services/gatehouse/src/index.ts'
import { observe } from '../openapi/observe.ts'
import { createClock, type TestClock } from './clock.ts'

/** The operator's password in every test gateway that has no identity provider. */
export const PASSWORD = 'correct-horse-battery-staple-9'

const ECHO_SERVER = resolve(import.meta.dirname, 'echo-server.ts')

/** An entry of the servers file that starts the echo fixture. */
export const echoServer = (members: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  command: process.execPath,
  args: [ECHO_SERVER],
  ...members,
})

export interface GatewayOptions {
  /** The `mcpServers` of the servers file; one echo server called `echo` and one called `other` by default. */
  readonly servers?: Readonly<Record<string, unknown>>
  /** What PUBLIC_URL has after host and port. */
  readonly path?: string
  readonly clock?: TestClock
  /** Kept on close when given; for restarts. */
  readonly dataDir?: string
  /** Given for restarts, so that PUBLIC_URL stays. */
  readonly port?: number
  readonly internal?: boolean
}

export interface Gateway {
  /** PUBLIC_URL. */
  readonly url: string
  readonly port: number
  /** The internal listener, with `internal: true`. */
  readonly internalUrl: string
  readonly clock: TestClock
  readonly gatehouse: Gatehouse
  /** Everything logged so far, at trace level, a JSON object a line. */
  logs(): string
  /** The resource of a server: `PUBLIC_URL/NAME/mcp`. */
  server(name?: string): string
  /** Every method of every store rejects with `error` until the returned function is called. */
  breakStore(error: Error): () => void
  /** @throws Error when an answer was not as docs/openapi.json says */
  close(): Promise<void>
}

/** Starts the one-process edition in this process, on a free port, with a store in memory and a clock that stands still. */
export async function startGateway(
  environment: Readonly<Record<string, string | undefined>> = {},
  options: GatewayOptions = {},
): Promise<Gateway> {
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  const serversFile = join(folder, 'mcp.json')
  writeFileSync(serversFile, JSON.stringify({ mcpServers: options.servers ?? { echo: echoServer(), other: echoServer() } }))
  const clock = options.clock ?? createClock()
  const lines: string[] = []
  const log = createLog('gatehouse', 'trace', { write: (line: string) => void lines.push(line) })
  const port = options.port ?? (await freePort())
  const url = `http://localhost:${port}${options.path ?? ''}`
  const hasProvider = Object.keys(environment).some((name) => /^(GITHUB|OIDC|GOOGLE|MICROSOFT)_/.test(name))
  const gatehouse = await startGatehouse({
    environment: {
      PUBLIC_URL: url,
      PORT: String(port),
      INTERNAL_PORT: '0',
      STORE_URL: 'memory:',
      DATA_DIR: folder,
      MCP_CONFIG: serversFile,
      GATEHOUSE_SECRET: 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3',
      LOG_LEVEL: 'trace',
      ...(hasProvider ? {} : { OPERATOR_PASSWORD: PASSWORD }),
      ...environment,
    },
    clock: clock.now,
    log,
    internal: options.internal ?? false,
  })
  // It listens before its keys are read, and answers 503 until then.
  await gatehouse.auth.keys.refresh()
  const observed = [
    observe(gatehouse.auth.publicApp.server, { publicPath: options.path ?? '' }),
    observe(gatehouse.auth.internalApp.server, { isInternal: true }),
  ]
  return {
    url,
    port,
    internalUrl: `http://127.0.0.1:${(gatehouse.auth.internalApp.server.address() as AddressInfo | null)?.port}`,
    clock,
    gatehouse,
    logs: () => lines.join(''),
    server: (name = 'echo') => `${url}/${name}/mcp`,
    breakStore: (error) => {
      const { stores } = gatehouse.auth
      return breakMethods([stores, ...Object.values(stores).filter((store) => typeof store === 'object')], error)
    },
    close: async () => {
      await gatehouse.close()
      const faults = observed.flatMap((each) => [...each.faults])
      if (faults.length > 0) throw new Error(`not as docs/openapi.json says: ${faults.join('; ')}`)
      if (options.dataDir === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** PUBLIC_URL must be known before the gateway listens, so the port is found first. */
function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === 'object' ? done(address.port) : reject(new Error('no port'))))
    })
  })
}

function breakMethods(objects: readonly object[], error: Error): () => void {
  const undo: (() => void)[] = []
  for (const target of objects as Record<string, unknown>[]) {
    for (const name of methodNames(target)) {
      const own = Object.getOwnPropertyDescriptor(target, name)
      Object.defineProperty(target, name, { configurable: true, writable: true, value: () => Promise.reject(error) })
      undo.push(() => (own ? Object.defineProperty(target, name, own) : Reflect.deleteProperty(target, name)))
    }
  }
  return () => {
    for (const step of undo) step()
  }
}

function methodNames(target: object): string[] {
  const names = new Set<string>()
  for (let level = target; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level) as object) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const value = (target as Record<string, unknown>)[name]
      // A subscription is no question to the store, and closing must go on working.
      if (typeof value === 'function' && !['constructor', 'subscribe', 'close'].includes(name)) names.add(name)
    }
  }
  return [...names]
}
