import type { Ratio } from '../rounds.ts'
import type { Row, SuiteReport } from './row.ts'

const HEADINGS = ['what', 'ours', 'yardstick', 'ratio (lowest … highest)', 'target', 'reached'] as const

/** A Markdown table whose columns also line up in a terminal. */
export function renderReports(reports: readonly SuiteReport[]): string {
  const rows = reports.flatMap(({ rows }) => rows.map(cells))
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const skipped = reports.flatMap(({ name, skipped }) => skipped.map((reason) => `not measured (${name}): ${reason}`))
  return [line(HEADINGS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line), '', ...skipped]
    .join('\n')
    .trimEnd()
}

/** How far the figures can be trusted; empty where it is not known. */
export function noiseText(reports: readonly SuiteReport[]): string {
  const parts = reports.flatMap(({ name, foreignCores = Number.NaN }) =>
    Number.isNaN(foreignCores) ? [] : [`${name} ${foreignCores.toFixed(2)}`],
  )
  return parts.length === 0 ? '' : `cores that other programs kept busy: ${parts.join(', ')}\n`
}

const cells = ({ what, ours, yardstick, ratio, target }: Row): string[] => [
  what,
  ours,
  yardstick,
  ratio === undefined ? '' : ratioText(ratio),
  target?.text ?? '',
  target === undefined ? '' : target.reached ? 'yes' : 'NO',
]

const ratioText = ({ median, low, high }: Ratio): string => `${median.toFixed(2)} (${low.toFixed(2)} … ${high.toFixed(2)})`

export const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en-US')}/s`
export const micros = (value: number): string => (Number.isNaN(value) ? '–' : `${value.toFixed(1)} µs CPU`)
export const millis = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
export const mebibytes = (bytes: number): string =>
  Number.isNaN(bytes) ? '–' : `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 2 : 0)} MiB`
