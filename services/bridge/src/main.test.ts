import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { COMPILE_CACHE, fixture } from './testing/bridge-under-test.ts'
import { isRunning } from './testing/processes.ts'
import { openSession, until } from './testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

interface BridgeProcess {
  readonly process: ChildProcess
  readonly url: string
  readonly output: () => string
  readonly exited: Promise<number | null>
}

/** `npm run bridge` without npm. */
async function run(servers: Record<string, unknown>, environment: Record<string, string> = {}): Promise<BridgeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: servers }))
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    cwd: folder,
    env: {
      ...COMPILE_CACHE,
      PATH: process.env.PATH,
      AUTH: 'none',
      PORT: '0',
      INTERNAL_PORT: '0',
      SECRET_OF_THE_BRIDGE: 'secret',
      ...environment,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  let url = ''
  await Promise.race([
    exited,
    until(() => {
      const line = output.split('\n').find((text) => text.includes('"event":"listening"'))
      if (line !== undefined) url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`
      return url !== ''
    }, `it listens; it said: ${output}`),
  ])
  return { process: child, url, output: () => output, exited }
}

const variable = (name: string) => `$\{${name}}`

describe.concurrent('the bridge as a process', () => {
  it('ends on SIGTERM within 6 s with exit code 0, and leaves no process: stubborn ones and grandchildren neither', async () => {
    const bridge = await run({ stubborn: fixture('stubborn'), echo: fixture('echo') })
    const stubborn = await openSession(`${bridge.url}/stubborn/mcp`)
    const pids = (await stubborn.call('pids')).split(' ').map(Number)
    const echo = await openSession(`${bridge.url}/echo/mcp`)
    pids.push(Number(await echo.call('pid')))
    expect(pids.filter(isRunning)).toHaveLength(3)
    const pending = echo.call('never')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const started = performance.now()
    bridge.process.kill('SIGTERM')
    expect(await pending).toBe('The gateway is shutting down.')
    expect(await bridge.exited).toBe(0)
    // 4.2 s on an idle machine: two waits of 2 s. Docker waits 10.
    expect(performance.now() - started).toBeLessThan(8000)
    expect(pids.filter(isRunning)).toEqual([])
  })

  it('leaves no well-behaved server when it is killed: the end of their input ends them', async () => {
    const bridge = await run({ echo: fixture('echo') })
    const session = await openSession(`${bridge.url}/echo/mcp`)
    const pid = Number(await session.call('pid'))
    bridge.process.kill('SIGKILL')
    await bridge.exited
    await until(() => !isRunning(pid), 'the server has ended')
  })

  it('gives its servers the basics and what the file names, and nothing of its own', async () => {
    const bridge = await run({
      echo: fixture('echo', { env: { NAMED: variable('SECRET_OF_THE_BRIDGE'), DATA: variable('DATA_DIR') } }),
    })
    const session = await openSession(`${bridge.url}/echo/mcp`)
    const {
      PATH,
      NAMED,
      DATA,
      NODE_COMPILE_CACHE: _cache,
      ...rest
    } = JSON.parse(await session.call('environment')) as Record<string, string>
    expect([PATH, NAMED]).toEqual([process.env.PATH, 'secret'])
    expect(DATA).toMatch(/^\/.*\/data$/)
    expect(rest).toEqual({})
    bridge.process.kill('SIGTERM')
    expect(await bridge.exited).toBe(0)
  })

  it.each([
    ['every fault of the environment at once', { PORT: 'x', PUBLIC_URL: 'ftp://x' }, ['PORT', 'PUBLIC_URL']],
    ['AUTH=none beyond loopback', { HOST: '0.0.0.0' }, ['AUTH=none']],
    ['a servers file that is missing', { MCP_CONFIG: './nope.json' }, ['cannot read the servers file ./nope.json: ENOENT']],
  ])('does not start with %s', async (_what, environment, said) => {
    const bridge = await run({}, environment)
    expect(await bridge.exited).toBe(1)
    for (const text of said) expect(bridge.output()).toContain(text)
  })
})
