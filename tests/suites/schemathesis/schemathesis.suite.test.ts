import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DOCUMENT_PATH } from '../../openapi/described.ts'
import { freePort } from '../../stack/stack.ts'
import { ROOT } from '../../support/documents.ts'
import { figure, rounds } from '../../support/figures.ts'
import { echoServer } from '../../support/gateway.ts'
import { send } from '../../support/http.ts'
import { describeWithPython } from '../../support/python.ts'
import { type FuzzReport, fuzz, prepareSchemathesis } from './schemathesis.ts'
import { makeSeeds } from './seeds.ts'

const PASSWORD = 'correct-horse-battery-staple-9'
const START_MS = 20_000
/** Of the public listener; the usual run makes more than the least. */
const REQUESTS = rounds(2_000, 20_000)
const EXAMPLES = rounds(60, 800)
const RUN_MS = rounds(600_000, 3_600_000)

const COUNTERS = ['gatehouse_tokens_issued_total', 'gatehouse_registrations_total', 'gatehouse_refusals_total']
const PUBLIC_TAGS = ['discovery', 'registration', 'authorization', 'tokens', 'account', 'mcp']

describeWithPython('a server that Schemathesis asks everything that docs/openapi.json allows, and what it does not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-fuzzed-'))
  let server: ChildProcess
  let url: string
  let internalUrl: string
  const log: string[] = []

  beforeAll(async () => {
    await prepareSchemathesis()
    const [port, internalPort] = [await freePort(), await freePort()]
    url = `http://localhost:${port}`
    internalUrl = `http://localhost:${internalPort}`
    const serversFile = join(folder, 'mcp.json')
    writeFileSync(serversFile, JSON.stringify({ mcpServers: { echo: echoServer() } }))
    server = spawn(process.execPath, [join(ROOT, 'services/gatehouse/src/main.ts')], {
      env: {
        PATH: process.env.PATH,
        PUBLIC_URL: url,
        PORT: String(port),
        INTERNAL_PORT: String(internalPort),
        STORE_URL: 'memory:',
        DATA_DIR: folder,
        MCP_CONFIG: serversFile,
        GATEHOUSE_SECRET: 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3',
        OPERATOR_PASSWORD: PASSWORD,
        // Nobody is there; the address leads nowhere but to this machine.
        GITHUB_URL: 'http://127.0.0.1:9',
        GITHUB_CLIENT_ID: 'id',
        GITHUB_CLIENT_SECRET: 'secret',
        ALLOWED_USERS: '*',
        // The refresh token that hooks.py has stays good for the whole run.
        REFRESH_GRACE: '3600',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (chunk: Buffer) => void log.push(chunk.toString('utf8')))
    const deadline = performance.now() + START_MS
    while (
      (await send(`${internalUrl}/readyz`).then(
        ({ status }) => status,
        () => 0,
      )) !== 200
    ) {
      if (performance.now() > deadline) throw new Error(`it did not start: ${log.join('')}`)
      await wait(50)
    }
  })
  afterAll(async () => {
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })

  const document = join(ROOT, DOCUMENT_PATH)

  it(`answers ${REQUESTS} requests and more, none of them with 5xx or otherwise than described`, {
    timeout: RUN_MS,
  }, async () => {
    const seeds = await makeSeeds(url, PASSWORD)
    const { report, output } = await fuzz({ document, url, seeds, tags: PUBLIC_TAGS, examples: EXAMPLES, seed: 1 })
    const { generated, with_failures: failed } = report.test_cases
    figure('schemathesis, public listener: requests answered as described', generated - failed, generated)
    expectCleanRun(report, output)
    expect(generated).toBeGreaterThanOrEqual(REQUESTS)
    expect(log.join('')).not.toMatch(/"level":"(error|fatal)"|unexpected failure/)
    expect(server.exitCode).toBeNull()
    // They got past the door, with what hooks.py had.
    const metrics = (await send(`${internalUrl}/metrics`)).text
    const total = (counter: string) =>
      [...metrics.matchAll(new RegExp(`^${counter}\\S* (\\d+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
    const reached = Object.fromEntries(COUNTERS.map((counter) => [counter, total(counter)]))
    for (const count of Object.values(reached)) expect(count, JSON.stringify(reached)).toBeGreaterThan(5)
  })

  it('answers on the internal listener as described, too', { timeout: RUN_MS }, async () => {
    const { report, output } = await fuzz({
      document,
      url: internalUrl,
      seeds: { places: {} },
      tags: ['internal'],
      examples: EXAMPLES,
      seed: 1,
      // 404 there, as for any path that is none.
      unfair: ['unsupported_method'],
    })
    const { generated, with_failures: failed } = report.test_cases
    figure('schemathesis, internal listener: requests answered as described', generated - failed, generated)
    expectCleanRun(report, output)
  })
})

function expectCleanRun({ complete, operations, failures, errors, test_cases }: FuzzReport, output: string): void {
  expect(failures, output.slice(-20_000)).toEqual([])
  expect(errors, output.slice(-20_000)).toEqual([])
  expect(test_cases.errored).toBe(0)
  expect({ complete, tested: operations.tested }).toEqual({ complete: true, tested: operations.selected })
}
