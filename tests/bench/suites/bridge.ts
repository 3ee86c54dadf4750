import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bench, subject } from '../bench.ts'
import type { CallLoadQuestion } from '../load/generator.ts'
import type { Window } from '../load/window.ts'
import { freePort } from '../process/ports.ts'
import { shippedFlags } from '../process/shipped-flags.ts'
import { untilAnswers } from '../process/until-answers.ts'
import { resetPeak, residentBytes } from '../process/usage.ts'
import type { Worker } from '../process/worker.ts'
import { atLeast, atMost, type Row, type SuiteReport } from '../report/row.ts'
import { mebibytes, micros, millis, rate } from '../report/table.ts'
import { median, medianOf, ratioOf, type Sample, type Samples, spread } from '../rounds.ts'
import { type Assertions, startAssertions } from './assertions.ts'
import { environmentOf } from './environment.ts'

const CONNECTIONS = 16
const MANY_SESSIONS = 32
const BURST_CALLS = 1000
const MEBIBYTE = 1024 ** 2
/** Answers of 1 and 10 MB: so many calls a window, one after another. */
const BIG_RESULTS = [
  { label: '1 MB', bytes: 1_000_000, calls: 20 },
  { label: '10 MB', bytes: 10_000_000, calls: 5 },
] as const
const SESSION_STARTS = 15
const IDLE_SESSIONS = 50

export const ECHO_COMMAND = [process.execPath, fileURLToPath(new URL('../targets/echo-server.ts', import.meta.url))]

/** Something that a call load can be sent to. */
interface Endpoint {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly isConstant?: boolean
}

/** The bridge as `npm run bridge` runs it, every check on, beside a bare relay, bare HTTP and a bare pipe. */
export async function bridgeSuite(bench: Bench): Promise<SuiteReport> {
  const load = bench.generator()
  const assertions = await startAssertions(bench, 'echo')
  try {
    // First, because memory is measured in a process that has done nothing else.
    const memory = await measureMemory(bench, load, assertions)
    const endpoints = await startEndpoints(bench, assertions)
    return {
      name: 'bridge',
      rows: [
        ...(await oneSession(bench, load, assertions, endpoints)),
        ...(await manySessions(bench, load, assertions, endpoints)),
        ...(await bigResults(bench, load, assertions, endpoints)),
        await burst(bench, load, assertions, endpoints),
        await sessionStart(bench, load, assertions, endpoints.ours),
        ...memory,
      ],
      skipped: [],
    }
  } finally {
    await assertions.close()
  }
}

interface Endpoints {
  readonly ours: Endpoint
  readonly relay: Endpoint
  readonly http: Endpoint
}

async function startEndpoints(bench: Bench, assertions: Assertions): Promise<Endpoints> {
  const relay = bench.target(new URL('../targets/relay.ts', import.meta.url))
  const http = bench.target(new URL('../targets/constant.ts', import.meta.url))
  const answer = {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ result: { content: [{ type: 'text', text: 'x'.repeat(40) }] }, jsonrpc: '2.0', id: 1 }),
  }
  return {
    ours: { ...(await startBridge(bench, assertions)), name: 'the bridge' },
    relay: { name: 'bare relay', pid: relay.pid, port: await relay.ask<number>('start', { command: ECHO_COMMAND }) },
    http: { name: 'bare HTTP', pid: http.pid, port: await http.ask<number>('start', answer), isConstant: true },
  }
}

async function startBridge(
  bench: Bench,
  assertions: Assertions,
): Promise<{ pid: number; port: number; stop(): Promise<number> }> {
  const [command, ...args] = ECHO_COMMAND
  const serversFile = join(bench.folder, 'bridge-mcp.json')
  const limits = { sessions: 1000, sessionsPerPerson: 1000 }
  writeFileSync(serversFile, JSON.stringify({ mcpServers: { echo: { command, args, limits } } }))
  const [port, internalPort] = [await freePort(), await freePort()]
  const logFile = join(bench.folder, 'bridge.log')
  const env = environmentOf(bench, {
    HOST: '127.0.0.1',
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    AUTH: 'assertion',
    JWKS_URL: assertions.jwksUrl,
    MCP_CONFIG: serversFile,
  })
  const program = await bench.program({
    command: [process.execPath, ...shippedFlags('bridge'), 'services/bridge/src/main.ts'],
    cwd: bench.root,
    env,
    logFile,
  })
  await untilAnswers(port, '/', logFile)
  return { ...program, port }
}

const callsTo = (endpoint: Endpoint, assertions: Assertions, more: Partial<CallLoadQuestion> = {}): CallLoadQuestion => ({
  port: endpoint.port,
  path: '/echo/mcp',
  connections: CONNECTIONS,
  sessions: 1,
  isConstant: endpoint.isConstant ?? false,
  assertionFile: assertions.file,
  ...more,
})

const perSecond = (sample: Sample) => sample.requestsPerSecond
const cpu = (sample: Sample) => sample.cpuMicrosPerRequest
const p50 = (sample: Sample) => sample.p50Ms

async function oneSession(bench: Bench, load: Worker, assertions: Assertions, { ours, relay, http }: Endpoints): Promise<Row[]> {
  const names = [http, relay, ours].map((endpoint) => `${endpoint.name}, 16 × 1`)
  for (const [index, endpoint] of [http, relay, ours].entries())
    await load.ask('open calls', { name: names[index], ...callsTo(endpoint, assertions) })
  await load.ask('open pipe', { name: 'bare pipe', command: ECHO_COMMAND, lanes: CONNECTIONS })
  const subjects = [http, relay, ours].map((endpoint, index) => subject(load, names[index] ?? '', [endpoint.pid]))
  const samples = await bench.measure([subject(load, 'bare pipe', []), ...subjects])
  for (const name of [...names, 'bare pipe']) await load.ask('close', { name })
  const [bare, relayed, mine] = names.map((name) => samples.get(name) ?? [])
  const pipe = samples.get('bare pipe') ?? []
  const ceilings = pipe.map((sample, round) => 1 / (1 / perSecond(bare?.[round] ?? sample) + 1 / perSecond(sample)))
  const share = spread((mine ?? []).map((sample, round) => perSecond(sample) / (ceilings[round] ?? Number.NaN)))
  const cost = ratioOf(mine ?? [], relayed ?? [], cpu)
  return [
    {
      what: 'bridge, 16 connections × 1 session, checks on, ÷ K (K = bare HTTP and bare pipe one after the other)',
      ours: rate(medianOf(mine, perSecond)),
      yardstick: `${rate(median(ceilings))} (H ${rate(medianOf(bare, perSecond))}, S ${rate(medianOf(pipe, perSecond))})`,
      ratio: share,
      target: atLeast(0.75, share.median),
    },
    {
      what: '  the same ÷ bare relay',
      ours: rate(medianOf(mine, perSecond)),
      yardstick: rate(medianOf(relayed, perSecond)),
      ratio: ratioOf(mine ?? [], relayed ?? [], perSecond),
    },
    {
      what: '  the same in CPU with the child, ours ÷ bare relay',
      ours: micros(medianOf(mine, cpu)),
      yardstick: micros(medianOf(relayed, cpu)),
      ratio: cost,
    },
  ]
}

async function manySessions(bench: Bench, load: Worker, assertions: Assertions, { ours, relay }: Endpoints): Promise<Row[]> {
  bench.say(`opening ${MANY_SESSIONS} sessions`)
  const samples = await compare(bench, load, assertions, [relay, ours], '16 × 32', { sessions: MANY_SESSIONS })
  const [relayed = [], mine = []] = [samples.get(`${relay.name}, 16 × 32`), samples.get(`${ours.name}, 16 × 32`)]
  const speed = ratioOf(mine, relayed, perSecond)
  return [
    {
      what: 'bridge, 16 connections × 32 sessions, a child each, ÷ bare relay',
      ours: rate(medianOf(mine, perSecond)),
      yardstick: rate(medianOf(relayed, perSecond)),
      ratio: speed,
      target: atLeast(0.6, speed.median),
    },
    {
      what: '  the same in CPU with the children, ours ÷ bare relay',
      ours: micros(medianOf(mine, cpu)),
      yardstick: micros(medianOf(relayed, cpu)),
      ratio: ratioOf(mine, relayed, cpu),
    },
  ]
}

async function bigResults(bench: Bench, load: Worker, assertions: Assertions, { ours, relay }: Endpoints): Promise<Row[]> {
  const rows: Row[] = []
  for (const { label, bytes, calls } of BIG_RESULTS) {
    const pipe = `bare pipe, ${label}`
    await load.ask('open pipe', { name: pipe, command: ECHO_COMMAND, lanes: 1, resultBytes: bytes })
    const samples = await compare(
      bench,
      load,
      assertions,
      [relay, ours],
      label,
      { connections: 1, resultBytes: bytes },
      { name: pipe, calls },
    )
    await load.ask('close', { name: pipe })
    const [bare = [], relayed = [], mine = []] = [
      samples.get(pipe),
      samples.get(`${relay.name}, ${label}`),
      samples.get(`${ours.name}, ${label}`),
    ]
    const slowness = ratioOf(mine, bare, p50)
    rows.push({
      what: `bridge, result of ${label}, one at a time: time ÷ bare pipe`,
      ours: millis(medianOf(mine, p50)),
      yardstick: `${millis(medianOf(bare, p50))} (bare relay ${millis(medianOf(relayed, p50))})`,
      ratio: slowness,
      target: atMost(1.6, slowness.median),
    })
  }
  return rows
}

/** Measures endpoints with the same calls, and a pipe beside them if there is one. */
async function compare(
  bench: Bench,
  load: Worker,
  assertions: Assertions,
  endpoints: readonly Endpoint[],
  label: string,
  options: Partial<CallLoadQuestion>,
  pipe?: { readonly name: string; readonly calls: number },
): Promise<Samples> {
  const names = endpoints.map(({ name }) => `${name}, ${label}`)
  for (const [index, endpoint] of endpoints.entries())
    await load.ask('open calls', { name: names[index], ...callsTo(endpoint, assertions, options) })
  const subjects = endpoints.map((endpoint, index) => subject(load, names[index] ?? '', [endpoint.pid]))
  const samples = await bench.measure(
    pipe === undefined ? subjects : [subject(load, pipe.name, []), ...subjects],
    pipe && { requests: pipe.calls },
  )
  for (const name of names) await load.ask('close', { name })
  return samples
}

async function burst(bench: Bench, load: Worker, assertions: Assertions, { ours, relay }: Endpoints): Promise<Row> {
  const times = new Map<Endpoint, number[]>([
    [relay, []],
    [ours, []],
  ])
  for (const endpoint of times.keys())
    await load.ask('open calls', { name: `${endpoint.name}, burst`, ...callsTo(endpoint, assertions) })
  for (let round = 0; round < bench.settings.rounds + 1; round++) {
    for (const [endpoint, took] of times) {
      bench.say(`${endpoint.name}: ${BURST_CALLS} calls at once`)
      const milliseconds = await load.ask<number>('burst', { name: `${endpoint.name}, burst`, calls: BURST_CALLS })
      // The first one warms up.
      if (round > 0) took.push(milliseconds)
    }
  }
  const [mine = [], relayed = []] = [times.get(ours), times.get(relay)]
  return {
    what: 'bridge, 1,000 calls at once on 1,000 new connections, all answers right',
    ours: millis(median(mine)),
    yardstick: `bare relay ${millis(median(relayed))}`,
    ratio: spread(mine.map((took, round) => took / (relayed[round] ?? Number.NaN))),
    target: atMost(250, median(mine), ' ms'),
  }
}

async function sessionStart(bench: Bench, load: Worker, assertions: Assertions, ours: Endpoint): Promise<Row> {
  const [sessions, children]: [number[], number[]] = [[], []]
  for (let start = 0; start < SESSION_STARTS; start++) {
    bench.say(`session start ${start + 1}`)
    children.push(await load.ask<number>('time child', { command: ECHO_COMMAND }))
    sessions.push(await load.ask<number>('time session', callsTo(ours, assertions)))
  }
  const above = median(sessions) - median(children)
  return {
    what: "bridge, start of a session above its child's own start",
    ours: millis(median(sessions)),
    yardstick: `child alone ${millis(median(children))}`,
    target: atMost(5, above, ` ms (${above.toFixed(1)} ms)`),
  }
}

/** Idle, beside fifty sessions, and during answers of 10 MB. The children's memory is the servers' own. */
async function measureMemory(bench: Bench, load: Worker, assertions: Assertions): Promise<Row[]> {
  // The first start after a change compiles, which takes memory; the next ones find its work.
  await (await startBridge(bench, assertions)).stop()
  const bridge = await startBridge(bench, assertions)
  const endpoint: Endpoint = { ...bridge, name: 'the bridge' }
  bench.say('the bridge: memory')
  const idle = residentBytes(bridge.pid).now
  // So that what the first calls load and compile is not taken for the price of sessions.
  await load.ask('open calls', { name: 'one', ...callsTo(endpoint, assertions) })
  await load.ask<Window>('run', { name: 'one', until: { requests: 5000 } })
  const before = residentBytes(bridge.pid).now
  await load.ask('open calls', { name: 'many', ...callsTo(endpoint, assertions, { sessions: IDLE_SESSIONS }) })
  await load.ask<Window>('run', { name: 'many', until: { requests: IDLE_SESSIONS * 10 } })
  const perSession = (residentBytes(bridge.pid).now - before) / IDLE_SESSIONS
  const { bytes } = BIG_RESULTS[1]
  await load.ask('open calls', { name: 'big', ...callsTo(endpoint, assertions, { connections: 1, resultBytes: bytes }) })
  const calm = residentBytes(bridge.pid).now
  resetPeak(bridge.pid)
  await load.ask<Window>('run', { name: 'big', until: { requests: 5 } })
  const growth = residentBytes(bridge.pid).peak - calm
  for (const name of ['one', 'many', 'big']) await load.ask('close', { name })
  await bridge.stop()
  return [
    { what: 'bridge, memory when idle', ours: mebibytes(idle), yardstick: '', target: atMost(95, idle / MEBIBYTE, ' MiB') },
    {
      what: `bridge, memory per session beside the child (${IDLE_SESSIONS} sessions)`,
      ours: mebibytes(perSession),
      yardstick: '',
      target: atMost(0.3, perSession / MEBIBYTE, ' MiB'),
    },
    {
      what: 'bridge, five results of 10 MB: growth of memory ÷ payload',
      ours: mebibytes(growth),
      yardstick: mebibytes(bytes),
      ratio: spread([growth / bytes]),
      target: atMost(8, growth / bytes),
    },
  ]
}
