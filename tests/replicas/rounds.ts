import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../support/documents.ts'
import type { Replica, Replicas } from './replicas.ts'

/** `npm run test:long` sets it. */
const IS_LONG = process.env.GATEHOUSE_TEST_LONG === '1'

export const FIGURES = join(ROOT, 'test-results/figures.txt')

/** How often something is tried. */
export const rounds = (usual: number, long: number): number => (IS_LONG ? long : usual)

const CALLERS = 50

/** Fifty callers at once, every other one at the other replica. A connection that breaks is undefined. */
export const fifty = <T>(
  { first, second }: Pick<Replicas, 'first' | 'second'>,
  call: (replica: Replica, index: number) => Promise<T>,
): Promise<T[]> => Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index % 2 === 0 ? first : second, index)))

/** `n of N`, for who reads the run. */
export function figure(what: string, n: number, of: number, note = ''): void {
  mkdirSync(dirname(FIGURES), { recursive: true })
  appendFileSync(FIGURES, `${what}: ${n} of ${of}${note === '' ? '' : `; ${note}`}\n`)
}
