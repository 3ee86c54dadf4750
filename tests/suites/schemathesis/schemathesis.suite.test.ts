import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DOCUMENT_PATH } from '../../openapi/described.ts'
import { ROOT } from '../../support/documents.ts'
import { figure, rounds } from '../../support/figures.ts'
import { send } from '../../support/http.ts'
import { describeWithPython } from '../../support/python.ts'
import { PASSWORD, type RunningServer, startServer } from '../server.ts'
import { type FuzzReport, fuzz, prepareSchemathesis, UNFAIR_CHECKS } from './schemathesis.ts'
import { makeSeeds } from './seeds.ts'

/** Of the public listener; the usual run makes more than the least. */
const REQUESTS = rounds(2_000, 20_000)
const EXAMPLES = rounds(60, 600)
const RUN_MS = rounds(600_000, 3_600_000)

const PUBLIC_TAGS = ['discovery', 'registration', 'authorization', 'tokens', 'account', 'mcp']
/** That these counted shows how far requests got. */
const COUNTERS = ['gatehouse_tokens_issued_total', 'gatehouse_registrations_total', 'gatehouse_refusals_total']

describeWithPython('a server that Schemathesis asks everything that docs/openapi.json allows, and what it does not', () => {
  const document = join(ROOT, DOCUMENT_PATH)
  let server: RunningServer
  beforeAll(async () => {
    await prepareSchemathesis()
    server = await startServer({
      // Nobody is there; the address leads nowhere but to this machine.
      GITHUB_URL: 'http://127.0.0.1:9',
      GITHUB_CLIENT_ID: 'id',
      GITHUB_CLIENT_SECRET: 'secret',
      ALLOWED_USERS: '*',
      // The refresh token that hooks.py has stays good for the whole run.
      REFRESH_GRACE: '3600',
    })
  })
  afterAll(() => server?.stop())

  it(`answers ${REQUESTS} requests and more, none of them with 5xx or otherwise than described`, {
    timeout: RUN_MS,
  }, async () => {
    const { url, internalUrl } = server
    const seeds = await makeSeeds(url, PASSWORD)
    const { report, output } = await fuzz({ document, url, seeds, tags: PUBLIC_TAGS, examples: EXAMPLES, seed: 1 })
    const { generated, with_failures: failed } = report.test_cases
    figure('schemathesis, public listener: requests answered as described', generated - failed, generated)
    expectCleanRun(report, output)
    expect(generated).toBeGreaterThanOrEqual(REQUESTS)
    expect(server.log()).not.toMatch(/"level":"(error|fatal)"|unexpected failure/)
    expect(server.isAlive()).toBe(true)
    const metrics = (await send(`${internalUrl}/metrics`)).text
    const total = (counter: string) =>
      [...metrics.matchAll(new RegExp(`^${counter}\\S* (\\d+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
    const reached = Object.fromEntries(COUNTERS.map((counter) => [counter, total(counter)]))
    for (const count of Object.values(reached)) expect(count, JSON.stringify(reached)).toBeGreaterThan(5)
  })

  it('asks programs for what the document says, when nothing real is put in', { timeout: RUN_MS }, async () => {
    // Every check but one: valid data of strangers is refused for good reasons. Pages lead who is not signed in to the sign-in,
    // whatever they sent.
    const tags = ['discovery', 'registration', 'tokens', 'mcp']
    const unfair = ['positive_data_acceptance']
    const seeds = { places: {} }
    const { report, output } = await fuzz({ document, url: server.url, seeds, tags, examples: 30, seed: 2, unfair })
    const { generated, with_failures: failed } = report.test_cases
    figure('schemathesis, nothing real, every check: requests answered as described', generated - failed, generated)
    expectCleanRun(report, output)
  })

  it('answers on the internal listener as described, too', { timeout: RUN_MS }, async () => {
    const { report, output } = await fuzz({
      document,
      url: server.internalUrl,
      seeds: { places: {} },
      tags: ['internal'],
      examples: EXAMPLES,
      seed: 1,
      // 404 there, as for any path that is none.
      unfair: [...UNFAIR_CHECKS, 'unsupported_method'],
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
