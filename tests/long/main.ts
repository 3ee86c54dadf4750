import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/documents.ts'
import { FIGURES_PATH } from '../support/figures.ts'

/** `npm run test:long`: the tests that count, with a thousand rounds where the usual run has fifty; then what they counted. */
rmSync(FIGURES_PATH, { force: true })
const started = performance.now()
const tests = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'suite',
    '--project',
    'stack',
    'tests/suites',
    'tests/replicas',
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, GATEHOUSE_TEST_LONG: '1' } },
)
const [code] = await once(tests, 'exit')
const minutes = ((performance.now() - started) / 60_000).toFixed(1)
process.stdout.write(`\nFigures, after ${minutes} minutes:\n\n`)
process.stdout.write(existsSync(FIGURES_PATH) ? readFileSync(FIGURES_PATH, 'utf8') : 'none: no test got so far\n')
process.exitCode = typeof code === 'number' ? code : 1
