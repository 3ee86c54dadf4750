import { readFileSync } from 'node:fs'

// Prints "N passed, N failed" from vitest's JSON report. A file that could not be run at all counts as one failure.
let passed = 0
let failed = 0
try {
  const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
  passed = report.numPassedTests
  failed = report.numFailedTests
  failed += report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
} catch {
  failed = 1
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
