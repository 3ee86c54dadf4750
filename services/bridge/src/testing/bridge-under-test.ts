import { createServer, type Server as NodeServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLog } from '@gatehouse/runtime'
import { parseServers } from '@gatehouse/servers'
import { Registry } from 'prom-client'
import { type Bridge, createBridge } from '../app.ts'
import type { AssertionKeys } from '../assertion/assertion-keys.ts'
import { type BridgeConfig, readBridgeConfig } from '../config.ts'

/** A fixture starts in half the time when its types need not be stripped each time; tests start hundreds. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'gatehouse-fixtures') }

/** A server of the servers file that runs a fixture. */
export const fixture = (
  name: string,
  { env = {}, ...more }: { env?: Record<string, string> } & Record<string, unknown> = {},
) => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url))],
  env: { ...COMPILE_CACHE, ...env },
  ...more,
})

export interface BridgeUnderTest {
  readonly bridge: Bridge
  readonly url: string
  /** What was logged, parsed. */
  readonly logged: Record<string, unknown>[]
  /** Moves the clock and lets everything that waits for it look at it. */
  advance(milliseconds: number): void
  metric(name: string): Promise<number>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Setup {
  readonly servers: Readonly<Record<string, unknown>>
  readonly keys?: AssertionKeys
  readonly config?: Partial<BridgeConfig>
}

const NO_KEYS: AssertionKeys = { find: async () => undefined }

/** A bridge on a listener of its own; with `keys` it wants assertions, else AUTH=none. */
export async function startBridge({ servers, keys, config = {} }: Setup): Promise<BridgeUnderTest> {
  let offset = 0
  const clock = () => Date.now() + offset
  const ticks: (() => void)[] = []
  const logged: Record<string, unknown>[] = []
  const metrics = new Registry()
  const listener: NodeServer = createServer({ joinDuplicateHeaders: true })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const bridge = createBridge({
    config: {
      ...readBridgeConfig({ ...process.env, PUBLIC_URL: origin }),
      auth: keys === undefined ? 'none' : 'assertion',
      ...config,
    },
    servers: parseServers(JSON.stringify({ mcpServers: servers }), 'test', {}),
    keys: keys ?? NO_KEYS,
    log: createLog('test', 'debug', { write: (line) => logged.push(JSON.parse(line)) }),
    metrics,
    clock,
    every: (_ms, callback) => {
      ticks.push(callback)
      return { stop() {} }
    },
    stopWaits: { afterEofMs: 300, afterTermMs: 200, afterKillMs: 500 },
  })
  listener.on('request', bridge.handle)
  return {
    bridge,
    url: config.publicUrl === undefined ? origin : `${origin}${new URL(config.publicUrl).pathname.replace(/\/$/, '')}`,
    logged,
    advance(milliseconds) {
      offset += milliseconds
      for (const tick of ticks) tick()
    },
    async metric(name) {
      const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] }
      return values.reduce((sum, { value }) => sum + value, 0)
    },
    async [Symbol.asyncDispose]() {
      await bridge.close()
      listener.closeAllConnections()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
