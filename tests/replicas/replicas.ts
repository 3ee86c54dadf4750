import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../stack/stack.ts'
import { send } from '../support/http.ts'
import { type Balancer, startBalancer } from './balancer.ts'

const MAIN = resolve(import.meta.dirname, '../../services/auth/src/main.ts')
export const PASSWORD = 'correct-horse-battery-staple-9'
export const SECRET = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
const START_MS = 20_000

/** One process of the authorization server. */
export interface Replica {
  readonly name: string
  /** The public listener. */
  readonly url: string
  readonly internalUrl: string
  /** Standard output and error so far. */
  log(): string
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface Replicas {
  /** What clients know: a balancer in front of both. */
  readonly publicUrl: string
  readonly balancer: Balancer
  readonly first: Replica
  readonly second: Replica
  /** Starts one more, on the same store; the balancer does not know it. */
  add(): Promise<Replica>
  close(): Promise<void>
}

/** Two processes that share nothing but a store. @param environment - over what both get */
export async function startReplicas(storeUrl: string, environment: Readonly<Record<string, string>> = {}): Promise<Replicas> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-replicas-'))
  const serversFile = join(folder, 'mcp.json')
  writeFileSync(serversFile, JSON.stringify({ mcpServers: { echo: { command: 'true' }, other: { command: 'true' } } }))
  const balancer = await startBalancer()
  const running: Replica[] = []
  const shared = {
    PUBLIC_URL: balancer.url,
    STORE_URL: storeUrl,
    DATA_DIR: folder,
    MCP_CONFIG: serversFile,
    GATEHOUSE_SECRET: SECRET,
    OPERATOR_PASSWORD: PASSWORD,
    ALLOWED_USERS: '*',
    LOG_LEVEL: 'warn',
    ...environment,
  }
  const add = async () => {
    const replica = await startReplica(`replica ${running.length + 1}`, shared)
    running.push(replica)
    return replica
  }
  const close = async () => {
    await Promise.all(running.map((replica) => replica.kill()))
    await balancer.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // Both at once: they find an empty store together (JWT-13).
    const [first, second] = await Promise.all([add(), add()])
    balancer.use([first.url, second.url])
    return { publicUrl: balancer.url, balancer, first, second, add, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startReplica(name: string, shared: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, internalPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...shared, PORT: String(port), INTERNAL_PORT: String(internalPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void output.push(chunk))
  const replica: Replica = {
    name,
    url: `http://127.0.0.1:${port}`,
    internalUrl: `http://127.0.0.1:${internalPort}`,
    log: () => Buffer.concat(output).toString('utf8'),
    kill: async () => void (await end(child, 'SIGKILL')),
    stop: () => end(child, 'SIGTERM'),
  }
  await untilReady(replica, child)
  return replica
}

async function untilReady({ internalUrl, log, name }: Replica, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline && child.exitCode === null) {
    const status = await send(`${internalUrl}/readyz`).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    await wait(20)
  }
  child.kill('SIGKILL')
  throw new Error(`${name} did not start: ${log()}`)
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return child.exitCode
}
