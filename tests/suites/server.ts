import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../stack/stack.ts'
import { ROOT } from '../support/documents.ts'
import { echoServer } from '../support/gateway.ts'
import { send } from '../support/http.ts'

export const PASSWORD = 'correct-horse-battery-staple-9'
const START_MS = 20_000

/** `npm start` as a process of its own, with a store in memory. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly internalUrl: string
  /** Everything it wrote. */
  log(): string
  isAlive(): boolean
  stop(): Promise<void>
}

export async function startServer(environment: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-server-'))
  const [port, internalPort] = [await freePort(), await freePort()]
  const serversFile = join(folder, 'mcp.json')
  writeFileSync(serversFile, JSON.stringify({ mcpServers: { echo: echoServer() } }))
  const child = spawn(process.execPath, [join(ROOT, 'services/gatehouse/src/main.ts')], {
    env: {
      PATH: process.env.PATH,
      PUBLIC_URL: `http://localhost:${port}`,
      PORT: String(port),
      INTERNAL_PORT: String(internalPort),
      STORE_URL: 'memory:',
      DATA_DIR: folder,
      MCP_CONFIG: serversFile,
      GATEHOUSE_SECRET: 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3',
      OPERATOR_PASSWORD: PASSWORD,
      LOG_LEVEL: 'error',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void output.push(chunk.toString('utf8')))
  const server: RunningServer = {
    url: `http://localhost:${port}`,
    port,
    internalUrl: `http://localhost:${internalPort}`,
    log: () => output.join(''),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      if (server.isAlive()) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const deadline = performance.now() + START_MS
  while ((await statusOf(`${server.internalUrl}/readyz`)) !== 200) {
    if (performance.now() > deadline || !server.isAlive()) {
      await server.stop()
      throw new Error(`the server did not start: ${server.log()}`)
    }
    await wait(50)
  }
  return server
}

const statusOf = (url: string): Promise<number> =>
  send(url).then(
    ({ status }) => status,
    () => 0,
  )
