import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import type { RequestLoadOptions } from '../load/request-load.ts'
import type { RevocationDelay, RevocationProbeOptions } from '../load/revocation-probe.ts'
import type { Window } from '../load/window.ts'
import { whyNoDocker } from '../process/container.ts'
import type { Worker } from '../process/worker.ts'
import { atMost, type SuiteReport } from '../report/row.ts'
import { millis, rate } from '../report/table.ts'
import { median } from '../rounds.ts'
import { authTarget, environmentOf } from './environment.ts'
import { startRedis } from './redis.ts'
import { verifyRequest } from './verify-request.ts'

const CONNECTIONS = 16
const TOKENS = 1000
const REVOCATIONS = 300
const TARGET_MS = 50

/** Two replicas on one Redis: a token is given back at one while the other is busy with /verify. */
export async function revocationSuite(bench: Bench): Promise<SuiteReport> {
  const reason = whyNoDocker('Redis')
  if (reason !== undefined) return { name: 'revocation', rows: [], skipped: [reason] }
  const core = bench.serverCore
  const other = core === undefined ? undefined : core + 1
  const redis = await startRedis(bench, other)
  const environment = environmentOf(bench, { STORE_URL: redis.url })
  const start = (replica: Worker) => replica.ask<number>('start', { environment, servers: { echo: { command: 'true' } } })
  const near = authTarget(bench, core)
  const far = authTarget(bench, core)
  await start(near)
  const revokePort = await near.ask<number>('open to the public')
  const verifyPort = await start(far)

  const seed = (count: number, file: string) =>
    near.ask<string>('seed grants', { server: 'echo', count, kind: 'access tokens', file })
  const busyFile = join(bench.folder, 'tokens of others')
  await seed(TOKENS, busyFile)
  const tokensFile = join(bench.folder, 'tokens to give back')
  const clientId = await seed(REVOCATIONS, tokensFile)

  const load = bench.generator({ core: other })
  const name = 'others'
  const request = verifyRequest('/verify')
  const others: RequestLoadOptions = {
    port: verifyPort,
    connections: CONNECTIONS,
    request,
    tokensFile: busyFile,
    checksOwner: true,
  }
  await load.ask('open requests', { name, ...others })
  await load.ask('run', { name, until: { requests: 3 * TOKENS } })
  bench.say('giving tokens back')
  const probe: RevocationProbeOptions = { revokePort, verifyPort, clientId, request, tokensFile }
  let isDone = false
  const probing = bench
    .generator({ core: other })
    .ask<RevocationDelay[]>('probe revocations', probe)
    .finally(() => {
      isDone = true
    })
  const windows: Window[] = []
  while (!isDone) windows.push(await load.ask<Window>('run', { name, until: { seconds: 0.5 } }))
  const delays = await probing

  const sorted = delays.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const letThrough = delays.filter((delay) => delay.letThrough > 0).length
  return {
    name: 'revocation',
    rows: [
      {
        what: 'from the 200 of /revoke at one replica to the first refusal of /verify at another, p99',
        ours: `${millis(at(0.99))} (p50 ${millis(at(0.5))}, max ${millis(at(1))})`,
        yardstick: `${rate(median(windows.map(({ answered, seconds }) => answered / seconds)))} for others meanwhile; ${letThrough} of ${delays.length} let through once more`,
        target: atMost(TARGET_MS, at(0.99), ' ms'),
      },
    ],
    skipped: [],
  }
}
