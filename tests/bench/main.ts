import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Bench, createBench, type Settings } from './bench.ts'
import { loadText, machineFacts } from './report/machine.ts'
import { createProgress } from './report/progress.ts'
import type { SuiteReport } from './report/row.ts'
import { noiseText, renderReports } from './report/table.ts'
import { bridgeSuite } from './suites/bridge.ts'
import { proxiedSuite } from './suites/proxied.ts'
import { revocationSuite } from './suites/revocation.ts'
import { startSuite } from './suites/start.ts'
import { tokensSuite } from './suites/tokens.ts'
import { verifySuite } from './suites/verify.ts'

/** In the order of a request's way. */
const SUITES: Readonly<Record<string, (bench: Bench) => Promise<SuiteReport>>> = {
  tokens: tokensSuite,
  verify: verifySuite,
  revocation: revocationSuite,
  traefik: proxiedSuite,
  bridge: bridgeSuite,
  start: startSuite,
}

const USAGE = `npm run bench [-- NAME…] [--seconds N] [--rounds N] [--json FILE]

Measures what docs/benchmarks.md explains, and prints ratios that were taken in turn within this run.
  NAME       ${Object.keys(SUITES).join(', ')}; all of them by default
  --seconds  length of one window of load (3)
  --rounds   windows per figure; the median counts (5)
  --json     also writes the table there, with the machine it was measured on
`

interface Options extends Settings {
  readonly names: readonly string[]
  readonly json: string | undefined
}

/** @throws Error with a sentence for whoever typed it */
function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  if (values.help) return 'help'
  const unknown = positionals.find((name) => !(name in SUITES))
  if (unknown !== undefined) throw new Error(`there is no "${unknown}"`)
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
  if (!(seconds > 0 && seconds <= 60)) throw new Error('--seconds must be a number up to 60')
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds must be a whole number')
  return { seconds, rounds, json: values.json, names: positionals.length > 0 ? positionals : Object.keys(SUITES) }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(USAGE)
    return
  }
  const progress = createProgress(process.stderr)
  const facts = machineFacts()
  const reports: SuiteReport[] = []
  for (const name of options.names) {
    const bench = createBench(options, (what) => progress.say(`${name}: ${what}`))
    const stop = () => void bench.close().finally(() => process.exit(130))
    process.once('SIGINT', stop).once('SIGTERM', stop)
    try {
      const report = await SUITES[name]?.(bench)
      if (report !== undefined) reports.push({ ...report, foreignCores: bench.noise() })
    } finally {
      progress.clear()
      await bench.close()
      process.off('SIGINT', stop).off('SIGTERM', stop)
    }
  }
  process.stdout.write(`${renderReports(reports)}\n\n${facts}; load at the end ${loadText()}\n${noiseText(reports)}`)
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ machine: facts, ...options, reports }, undefined, 2)}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`the benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
