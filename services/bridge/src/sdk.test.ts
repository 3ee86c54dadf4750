import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type BridgeUnderTest, startBridge } from './testing/bridge-under-test.ts'
import { until } from './testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

/** The official servers, as their READMEs start them, from the installed packages. */
const official = (name: string, more: Record<string, unknown> = {}) => ({
  command: process.execPath,
  args: [join(dirname(createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}/package.json`)), 'dist/index.js')],
  ...more,
})

let bridge: BridgeUnderTest
beforeAll(async () => {
  bridge = await startBridge({
    servers: {
      everything: official('server-everything'),
      memory: official('server-memory', { env: { MEMORY_FILE_PATH: '/dev/null' } }),
    },
  })
})
afterAll(() => bridge[Symbol.asyncDispose]())

const at = (server: string) => new URL(`${bridge.url}/${server}/mcp`)
const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text

describe('the official SDK, version 1', () => {
  it('opens, lists, calls, gets progress, answers an elicitation and ends its session', async () => {
    const client = new Client(
      { name: 'v1', version: '1' },
      { capabilities: { elicitation: {}, roots: { listChanged: true }, sampling: {} } },
    )
    client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' as const }))
    const logged: unknown[] = []
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logged.push(params))
    const transport = new StreamableHTTPClientTransport(at('everything'))
    await client.connect(transport)
    expect(transport.sessionId).toMatch(/^[\w-]{32}$/)
    expect((await client.listTools()).tools.length).toBeGreaterThan(5)
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'hello ✓' } }))).toContain('hello ✓')
    const progress: number[] = []
    const operation = { name: 'trigger-long-running-operation', arguments: { duration: 0.5, steps: 5 } }
    const done = await client.callTool(operation, undefined, { onprogress: (step) => progress.push(step.progress) })
    expect(textOf(done)).toContain('completed')
    expect(progress).toEqual([1, 2, 3, 4, 5])
    await transport.terminateSession()
    await client.close()
    await until(async () => (await bridge.metric('gatehouse_bridge_children')) === 0, 'its server has ended')
  })

  it('keeps many calls at once apart, in several sessions', async () => {
    const clients = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const client = new Client({ name: 'v1', version: '1' })
        await client.connect(new StreamableHTTPClientTransport(at('everything')))
        return client
      }),
    )
    const answers = clients.flatMap((client, index) =>
      Array.from({ length: 50 }, async (_none, call) => {
        const text = textOf(await client.callTool({ name: 'echo', arguments: { message: `${index}/${call}` } }))
        return text === `Echo: ${index}/${call}`
      }),
    )
    expect((await Promise.all(answers)).every(Boolean)).toBe(true)
    await Promise.all(clients.map((client) => client.close()))
  })

  it('cancels a call', async () => {
    const client = new Client({ name: 'v1', version: '1' })
    await client.connect(new StreamableHTTPClientTransport(at('everything')))
    const stop = new AbortController()
    const call = client.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 30, steps: 3 } }, undefined, {
      signal: stop.signal,
    })
    setTimeout(() => stop.abort(), 50)
    await expect(call).rejects.toThrow()
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'on' } }))).toBe('Echo: on')
    await client.close()
  })
})

describe.concurrent('the official SDK, version 2', () => {
  it.each(['legacy', 'auto'] as const)('opens a session, also after it asked for the newer revision: %s', async (mode) => {
    const client = new ModernClient({ name: 'v2', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(new ModernTransport(at('memory')))
    expect(client.getServerVersion()?.name).toBe('memory-server')
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('read_graph')
    const graph = await client.callTool({ name: 'read_graph', arguments: {} })
    expect(graph.isError ?? false).toBe(false)
    await client.close()
  })
})
