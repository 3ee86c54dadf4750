import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const FOLDER = import.meta.dirname
const VENV = join(FOLDER, '.venv')
const REQUIREMENTS = join(FOLDER, 'requirements.txt')
/** What the environment was made from, to make it anew when that changes. */
const MADE_FROM = join(VENV, 'made-from.txt')

export interface FuzzReport {
  readonly complete: boolean
  readonly seed: number
  readonly operations: { readonly selected: number; readonly tested: number; readonly errored: number }
  readonly phases: Readonly<Record<string, { readonly status: string }>>
  readonly test_cases: { readonly generated: number; readonly with_failures: number; readonly errored: number }
  readonly failures: readonly { readonly code: string; readonly title: string; readonly operations: readonly string[] }[]
  readonly errors: readonly unknown[]
}

/** Schemathesis in an environment of its own; made once, kept beside this file. Needs Python 3.10 or later. */
export async function prepareSchemathesis(): Promise<void> {
  const wanted = readFileSync(REQUIREMENTS, 'utf8')
  if (existsSync(MADE_FROM) && readFileSync(MADE_FROM, 'utf8') === wanted) return
  await run('python3', ['-m', 'venv', '--clear', VENV])
  await run(join(VENV, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS])
  writeFileSync(MADE_FROM, wanted)
}

export interface FuzzOptions {
  readonly document: string
  readonly url: string
  /** For hooks.py: what is real at this server. */
  readonly seeds: object
  /** Of `docs/openapi.json`; the others are left out. */
  readonly tags: readonly string[]
  /** Requests an operation at most, in the fuzzing phase. */
  readonly examples: number
  /** Seconds after which fuzzing goes on no longer; with it, fuzzing goes on until then. */
  readonly seconds?: number
  readonly seed: number
  /** Checks that would not be fair; by default those that hooks.py spoils. */
  readonly unfair?: readonly string[]
}

/** Runs it once. @returns the report, and what it printed */
export async function fuzz(options: FuzzOptions): Promise<{ readonly report: FuzzReport; readonly output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-fuzz-'))
  const seeds = join(folder, 'seeds.json')
  writeFileSync(seeds, JSON.stringify(options.seeds))
  const child = spawn(
    join(VENV, 'bin/schemathesis'),
    [
      ...['run', options.document, '--url', options.url, '--no-color', '--continue-on-failure'],
      ...options.tags.flatMap((tag) => ['--include-tag', tag]),
      // Valid data is refused for good reasons that no schema can say: an unknown client, a spent code.
      ...['--checks', 'all', '--exclude-checks', (options.unfair ?? UNFAIR_CHECKS).join(',')],
      ...['--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', String(options.examples)],
      ...(options.seconds === undefined ? [] : ['--max-time', String(options.seconds)]),
      ...['--seed', String(options.seed), '--generation-database', 'none', '--request-timeout', '10'],
      ...['--suppress-health-check', 'all', '--warnings', 'off'],
      ...['--report', 'json', '--report-dir', folder],
    ],
    {
      cwd: folder,
      env: { ...process.env, SCHEMATHESIS_HOOKS: join(FOLDER, 'hooks.py'), PYTHONPATH: FOLDER, GATEHOUSE_SEEDS: seeds },
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
  await once(child, 'exit')
  const [file] = readdirSync(folder).filter((name) => name.startsWith('json-'))
  if (file === undefined) throw new Error(`schemathesis wrote no report: ${output.slice(-5_000)}`)
  return { report: JSON.parse(readFileSync(join(folder, file), 'utf8')) as FuzzReport, output }
}

/**
 * `positive_data_acceptance` and `negative_data_rejection`: what is good and bad is decided by more than a schema.
 * `ignored_auth`, `ensure_resource_availability` and `use_after_free` judge credentials that hooks.py puts in.
 */
export const UNFAIR_CHECKS = [
  'positive_data_acceptance',
  'negative_data_rejection',
  'missing_required_header',
  'ignored_auth',
  'ensure_resource_availability',
  'use_after_free',
  'object_level_authorization',
]
