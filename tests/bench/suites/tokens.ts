import { join } from 'node:path'
import { type Bench, subject } from '../bench.ts'
import type { TokenLoadOptions } from '../load/token-load.ts'
import type { Until } from '../load/window.ts'
import { whyNoDocker } from '../process/container.ts'
import type { Worker } from '../process/worker.ts'
import { atLeast, type Row, type SuiteReport, type Target } from '../report/row.ts'
import { micros, rate } from '../report/table.ts'
import { medianOf, type Ratio, ratioOf, type Sample, type Samples, type Subject } from '../rounds.ts'
import { REDIRECT_URI } from '../targets/seed-grants.ts'
import { authTarget, environmentOf, ISSUER } from './environment.ts'
import { startRedis } from './redis.ts'

const CONNECTIONS = 32
/** So many that a grant is refreshed a few times in a run, not a hundred times: nobody refreshes every second. */
const CHAINS = 40_000
/** A code is good once, so a window of exchanges is so many requests long. */
const EXCHANGES_PER_SECOND = 1500
const RESOURCE = `${ISSUER}/echo/mcp`
const OURS = 'ours'
const THEIRS = 'oidc-provider'

const speed = (sample: Sample) => sample.requestsPerSecond
const cpu = (sample: Sample) => sample.cpuMicrosPerRequest

/** /token beside npm `oidc-provider`: refreshes and code exchanges, ES256 in both, ours with Redis and theirs with a Map. */
export async function tokensSuite(bench: Bench): Promise<SuiteReport> {
  const reason = whyNoDocker('Redis')
  if (reason !== undefined) return { name: 'tokens', rows: [], skipped: [reason] }
  const core = bench.serverCore
  const other = core === undefined ? undefined : core + 1
  const load = bench.generator({ core: other })
  const redis = await startRedis(bench, other)
  const auth = authTarget(bench, core)
  const environment = environmentOf(bench, { STORE_URL: redis.url })
  await auth.ask('start', { environment, servers: { echo: { command: 'true' } } })
  const port = await auth.ask<number>('open to the public')
  const rival = bench.target(new URL('../targets/oidc-provider.ts', import.meta.url), { core })
  const rivalPort = await rival.ask<number>('start')

  const { rounds, seconds } = bench.settings
  const refreshes = await compare('refresh', CHAINS, { seconds })
  const perWindow = Math.ceil(seconds * EXCHANGES_PER_SECOND)
  // Twice as many rounds at most, and a warm-up of a third of a window.
  const exchanges = await compare('code', perWindow * (2 * rounds + 1), { requests: perWindow })
  return {
    name: 'tokens',
    rows: [
      ...rowsOf('/token, refresh with ES256 and Redis', refreshes, (ratio) => atLeast(3, ratio.median)),
      ...rowsOf('/token, code exchange with PKCE, ES256 and Redis', exchanges),
    ],
    skipped: [],
  }

  async function compare(kind: TokenLoadOptions['kind'], count: number, until: Until): Promise<Samples> {
    const what = kind === 'refresh' ? 'refresh tokens' : 'codes'
    const seeds: readonly (readonly [name: string, worker: Worker, question: string, port: number])[] = [
      [OURS, auth, 'seed grants', port],
      [THEIRS, rival, 'seed', rivalPort],
    ]
    const subjects: Subject[] = []
    for (const [name, worker, question, at] of seeds) {
      const file = join(bench.folder, `${name} ${what}`)
      bench.say(`${name}: making ${what}`)
      const clientId = await worker.ask<string>(question, { server: 'echo', count, kind: what, file })
      const options = { port: at, connections: CONNECTIONS, kind, clientId, resource: RESOURCE, redirectUri: REDIRECT_URI, file }
      const loadName = `${name}, ${kind}`
      await load.ask('open tokens', { name: loadName, ...options } satisfies TokenLoadOptions & { name: string })
      subjects.push(subject(load, loadName, [worker.pid]))
    }
    return bench.measure(subjects, until)
  }
}

function rowsOf(what: string, samples: Samples, target?: (ratio: Ratio) => Target): Row[] {
  const [ours = [], theirs = []] = [...samples.values()]
  const ratio = ratioOf(ours, theirs, speed)
  return [
    {
      what: `${what} ÷ oidc-provider in memory`,
      ours: rate(medianOf(ours, speed)),
      yardstick: rate(medianOf(theirs, speed)),
      ratio,
      ...(target === undefined ? {} : { target: target(ratio) }),
    },
    {
      what: '  the same in CPU without Redis itself, oidc-provider ÷ ours',
      ours: micros(medianOf(ours, cpu)),
      yardstick: micros(medianOf(theirs, cpu)),
      ratio: ratioOf(theirs, ours, cpu),
    },
  ]
}
