import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { freePort } from '../process/ports.ts'
import { untilAnswers } from '../process/until-answers.ts'
import { atMost, type Row, type SuiteReport } from '../report/row.ts'
import { millis } from '../report/table.ts'
import { median } from '../rounds.ts'
import { ECHO_COMMAND } from './bridge.ts'

const STARTS = 5

/** `npm start` from nothing to its first answer: a folder without data each time, so secrets and keys are made too. */
export async function startSuite(bench: Bench): Promise<SuiteReport> {
  const starts: number[] = []
  const stops: number[] = []
  for (let round = 0; round < STARTS; round++) {
    bench.say(`npm start: round ${round + 1}`)
    const { startMs, stopMs } = await once(bench)
    starts.push(startMs)
    stops.push(stopMs)
  }
  const took = median(starts)
  const row: Row = {
    what: '`npm start`, first start, to the first answer (401 of a server)',
    ours: millis(took),
    yardstick: `SIGTERM to the end ${millis(median(stops))}`,
    target: atMost(1500, took, ' ms'),
  }
  return { name: 'start', rows: [row], skipped: [] }
}

async function once(bench: Bench): Promise<{ readonly startMs: number; readonly stopMs: number }> {
  const folder = mkdtempSync(join(bench.folder, 'start-'))
  const [command, ...args] = ECHO_COMMAND
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: { echo: { command, args } } }))
  const [port, internalPort] = [await freePort(), await freePort()]
  const logFile = join(folder, 'log')
  const env = {
    PUBLIC_URL: `http://localhost:${port}`,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    DATA_DIR: folder,
    STORE_URL: `sqlite:${join(folder, 'gatehouse.db')}`,
    MCP_CONFIG: join(folder, 'mcp.json'),
    ALLOWED_USERS: '*',
  }
  const since = performance.now()
  const program = await bench.program({ command: ['npm', 'start'], cwd: bench.root, env, logFile })
  await untilAnswers(port, '/echo/mcp', logFile, (status) => status === 401)
  const startMs = performance.now() - since
  return { startMs, stopMs: await program.stop() }
}
