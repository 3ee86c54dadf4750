import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, subject } from '../bench.ts'
import { PROTOCOL_VERSION } from '../load/json-rpc.ts'
import { type RequestLoadOptions, TOKEN } from '../load/request-load.ts'
import { startContainer, whyNoDocker } from '../process/container.ts'
import { freePort } from '../process/ports.ts'
import { shippedFlags } from '../process/shipped-flags.ts'
import { untilAnswers } from '../process/until-answers.ts'
import type { Worker } from '../process/worker.ts'
import { atLeast, type SuiteReport } from '../report/row.ts'
import { micros, rate } from '../report/table.ts'
import { medianOf, ratioOf, type Sample, type Subject } from '../rounds.ts'
import { authTarget, environmentOf } from './environment.ts'
import { writeTraefikConfiguration } from './traefik-configuration.ts'

const IMAGE = 'traefik:v3.7'
const CONNECTIONS = 16
/** Of so many people who call all the time. */
const TOKENS = 100
/** Every token's grant is confirmed with the store, and its assertion made, before a window begins. */
const LEAD_IN = { requests: 3 * TOKENS }

const BACKEND_BODY = JSON.stringify({ result: { content: [{ type: 'text', text: 'x'.repeat(40) }] }, jsonrpc: '2.0', id: 1 })
const BACKEND = { headers: { 'content-type': 'application/json' }, body: BACKEND_BODY }
/** What a ForwardAuth service that does nothing would answer: as many bytes as ours. */
const RESPONDER = {
  headers: {
    'x-request-id': 'bench-0123456789',
    'x-auth-subject': 'bench:000000',
    'x-auth-user': 'person-0',
    'x-auth-email': 'person-0@example.com',
    'x-auth-client': 'https://client.example/metadata.json',
    'x-auth-scopes': 'mcp',
    'x-auth-assertion': 'a'.repeat(700),
  },
  body: '',
}

const callRequest = (port: number): string => {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}'
  return [
    'POST /echo/mcp HTTP/1.1',
    `Host: localhost:${port}`,
    'User-Agent: claude-code/2.1.0 (cli)',
    'Accept: application/json, text/event-stream',
    'Accept-Encoding: gzip, deflate',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    `Mcp-Protocol-Version: ${PROTOCOL_VERSION}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

interface Stack {
  readonly name: string
  readonly port: number
  readonly pids: readonly number[]
  readonly tokensFile: string
}

/** A call from the client through the gateway to a server that answers at once: Traefik with ForwardAuth, and one process. */
export async function proxiedSuite(bench: Bench): Promise<SuiteReport> {
  const reason = whyNoDocker('Traefik')
  if (reason !== undefined) return { name: 'traefik', rows: [], skipped: [reason] }
  const core = bench.serverCore
  const load = bench.generator({ core: core === undefined ? undefined : core + 1 })
  const backend = bench.target(new URL('../targets/constant.ts', import.meta.url), { core })
  const backendUrl = `http://127.0.0.1:${await backend.ask<number>('start', BACKEND)}`

  bench.say(`starting ${IMAGE}`)
  const ours = await startOurs(bench, backend, backendUrl)
  const responder = await startResponder(bench, backend, backendUrl, ours.tokensFile)
  const oneProcess = await startOneProcess(bench, backend, backendUrl)
  const subjects: Subject[] = []
  for (const stack of [responder, ours, oneProcess]) subjects.push(await openLoad(load, stack))
  const samples = await bench.measure(subjects)
  const of = ({ name }: Stack) => samples.get(name) ?? []
  const speed = (sample: Sample) => sample.requestsPerSecond
  const cpu = (sample: Sample) => sample.cpuMicrosPerRequest
  const throughTraefik = ratioOf(of(ours), of(responder), speed)
  const asOneProcess = ratioOf(of(oneProcess), of(ours), speed)
  return {
    name: 'traefik',
    rows: [
      {
        what: 'Traefik + ForwardAuth to us ÷ to a constant responder, constant backend',
        ours: rate(medianOf(of(ours), speed)),
        yardstick: rate(medianOf(of(responder), speed)),
        ratio: throughTraefik,
        target: atLeast(0.95, throughTraefik.median),
      },
      {
        what: '  the same in CPU of the whole stack, constant responder ÷ ours',
        ours: micros(medianOf(of(ours), cpu)),
        yardstick: micros(medianOf(of(responder), cpu)),
        ratio: ratioOf(of(responder), of(ours), cpu),
      },
      {
        what: 'one process, verify and proxy to the same backend ÷ Traefik + ForwardAuth to us',
        ours: rate(medianOf(of(oneProcess), speed)),
        yardstick: rate(medianOf(of(ours), speed)),
        ratio: asOneProcess,
        target: atLeast(3, asOneProcess.median),
      },
      {
        what: '  the same in CPU with the backend, Traefik + ForwardAuth ÷ one process',
        ours: micros(medianOf(of(oneProcess), cpu)),
        yardstick: micros(medianOf(of(ours), cpu)),
        ratio: ratioOf(of(ours), of(oneProcess), cpu),
      },
    ],
    skipped: [],
  }
}

async function openLoad(load: Worker, { name, port, pids, tokensFile }: Stack): Promise<Subject> {
  const options: RequestLoadOptions = {
    port,
    connections: CONNECTIONS,
    request: callRequest(port),
    tokensFile,
    checksOwner: false,
    body: BACKEND_BODY,
  }
  await load.ask('open requests', { name, ...options })
  return subject(load, name, pids, LEAD_IN)
}

async function startOurs(bench: Bench, backend: Worker, backendUrl: string): Promise<Stack> {
  const auth = authTarget(bench, bench.serverCore)
  const port = await freePort()
  const environment = environmentOf(bench, { PUBLIC_URL: `http://localhost:${port}` })
  const internalPort = await auth.ask<number>('start', { environment, servers: { echo: { url: backendUrl } } })
  const tokensFile = join(bench.folder, 'traefik-tokens')
  await auth.ask('seed', { server: 'echo', tokens: TOKENS, file: tokensFile })
  const traefik = await startTraefik(bench, port, `http://127.0.0.1:${internalPort}/verify`, backendUrl)
  return { name: 'Traefik + ForwardAuth to us', port, pids: [traefik, auth.pid, backend.pid], tokensFile }
}

async function startResponder(bench: Bench, backend: Worker, backendUrl: string, tokensFile: string): Promise<Stack> {
  const responder = bench.target(new URL('../targets/constant.ts', import.meta.url), { core: bench.serverCore })
  const port = await freePort()
  const verify = `http://127.0.0.1:${await responder.ask<number>('start', RESPONDER)}/verify`
  const traefik = await startTraefik(bench, port, verify, backendUrl)
  return { name: 'Traefik + ForwardAuth to a constant responder', port, pids: [traefik, responder.pid, backend.pid], tokensFile }
}

async function startOneProcess(bench: Bench, backend: Worker, backendUrl: string): Promise<Stack> {
  const gatehouse = bench.target(new URL('../targets/gatehouse.ts', import.meta.url), {
    core: bench.serverCore,
    flags: shippedFlags('start'),
  })
  const port = await freePort()
  const serversFile = join(bench.folder, 'one-process-mcp.json')
  writeFileSync(serversFile, JSON.stringify({ mcpServers: { echo: { url: `${backendUrl}/mcp` } } }))
  const environment = environmentOf(bench, {
    PUBLIC_URL: `http://localhost:${port}`,
    PORT: String(port),
    INTERNAL_PORT: '0',
    MCP_CONFIG: serversFile,
  })
  await gatehouse.ask('start', { environment })
  const tokensFile = join(bench.folder, 'one-process-tokens')
  await gatehouse.ask('seed', { server: 'echo', tokens: TOKENS, file: tokensFile })
  return { name: 'one process', port, pids: [gatehouse.pid, backend.pid], tokensFile }
}

/** @returns the process id of Traefik itself, outside its container */
async function startTraefik(bench: Bench, port: number, verify: string, backendUrl: string): Promise<number> {
  const folder = mkdtempSync(join(bench.folder, 'traefik-'))
  const [pingPort, secondPort] = [await freePort(), await freePort()]
  writeTraefikConfiguration(bench.root, folder, { port, pingPort, secondPort, verify, backend: backendUrl })
  const name = `gatehouse-bench-${port}`
  const logFile = join(folder, 'log')
  return startContainer(bench, {
    image: IMAGE,
    name,
    options: [
      '--env',
      `PUBLIC_URL=http://localhost:${port}`,
      '--env',
      'ENTRY_POINT=web',
      '--volume',
      `${folder}:/etc/traefik:ro`,
    ],
    core: bench.serverCore,
    logFile,
    untilServes: () => untilAnswers(port, '/', logFile),
  })
}
