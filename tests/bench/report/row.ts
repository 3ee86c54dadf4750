import type { Ratio } from '../rounds.ts'

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly ours: string
  readonly yardstick: string
  readonly ratio?: Ratio
  /** Absent: printed for comparison, nothing is promised. */
  readonly target?: Target
}

export interface Target {
  readonly text: string
  readonly reached: boolean
}

/** A ratio that must not be smaller. */
export const atLeast = (limit: number, value: number, note = ''): Target => ({
  text: `≥ ${limit}${note}`,
  reached: value >= limit,
})

/** A ratio or an amount that must not be larger. */
export const atMost = (limit: number, value: number, unit = ''): Target => ({
  text: `≤ ${limit}${unit}`,
  reached: value <= limit,
})

/** What a suite had to say; a suite that could not run says why. */
export interface SuiteReport {
  readonly name: string
  readonly rows: readonly Row[]
  readonly skipped: readonly string[]
  /** Cores that other programs kept busy meanwhile. */
  readonly foreignCores?: number
}
