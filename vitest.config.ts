import { defineConfig } from 'vitest/config'

const BROWSER = '**/*.browser.test.ts'
const STACK = '**/*.stack.test.ts'
const SUITE = '**/*.suite.test.ts'
/** `npm run test:long`: a thousand rounds take minutes. */
const IS_LONG = process.env.GATEHOUSE_TEST_LONG === '1'

/**
 * `fast` needs neither Docker nor network and ends within a minute; `suite` runs other people's test suites against
 * ours and needs Python; `browser` needs Chromium; `stack` needs Docker. One after the other, so that the slow ones do not make
 * the fast ones late.
 */
export default defineConfig({
  test: {
    // CI reads the numbers from the file (.ci/summary.ts).
    reporters: process.env.CI === 'true' ? ['default', ['json', { outputFile: 'test-results/vitest.json' }]] : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['services/**/*.test.ts', 'packages/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', BROWSER, STACK, SUITE],
          // Files share a worker's modules: loading the gateway anew for each of them costs as much as all their tests.
          isolate: false,
          // Most tests wait for a child or a socket; with a worker for each core they would wait one after the other.
          maxWorkers: 3,
          // A password costs a fifth of a second of a core, and the workers share two.
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [BROWSER],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'suite',
          include: [SUITE],
          fileParallelism: false,
          testTimeout: 60_000,
          // Schemathesis is installed in a hook.
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: [STACK],
          fileParallelism: false,
          // Images are built and containers started in hooks.
          testTimeout: IS_LONG ? 3_600_000 : 120_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
