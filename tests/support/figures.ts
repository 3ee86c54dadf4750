import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './documents.ts'

/** `npm run test:long` sets it. */
const IS_LONG = process.env.GATEHOUSE_TEST_LONG === '1'

export const FIGURES_PATH = join(ROOT, 'test-results/figures.txt')

/** How often something is tried. */
export const rounds = (usual: number, long: number): number => (IS_LONG ? long : usual)

/** `n of N`, for who reads the run. */
export function figure(what: string, n: number, of: number, note = ''): void {
  mkdirSync(dirname(FIGURES_PATH), { recursive: true })
  appendFileSync(FIGURES_PATH, `${what}: ${n} of ${of}${note === '' ? '' : `; ${note}`}\n`)
}
