import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The project's root. */
export const ROOT = resolve(import.meta.dirname, '../..')

export interface Table {
  /** Lower case, without backticks. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Document {
  /** From the project's root. */
  readonly path: string
  readonly text: string
  /** The text without code blocks. */
  readonly prose: string
  /** Code blocks, in order. `language` is what stands after the fence. */
  readonly blocks: readonly { readonly language: string; readonly body: string }[]
  /** What stands between backticks in the prose. */
  readonly codes: readonly string[]
  readonly links: readonly string[]
  /** As GitHub makes them of headings. */
  readonly anchors: readonly string[]
}

/** Also inside a list, where it is indented. */
const FENCE = /^ *```([^\n]*)\n([\s\S]*?)^ *```$/gm
const CODE = /`([^`\n]+)`/g

/** Every Markdown document that people read: those at the root and those in docs/. */
export const readDocuments = (): Document[] => globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).sort().map(readDocument)

export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const prose = text.replace(FENCE, '')
  return {
    path,
    text,
    prose,
    blocks: [...text.matchAll(FENCE)].map(([, language = '', body = '']) => ({ language: language.trim(), body })),
    codes: [...prose.matchAll(CODE)].map(([, code = '']) => code),
    links: [...prose.replace(CODE, '').matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    anchors: [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)),
  }
}

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** The part of a document under a heading, without code blocks. @throws when there is no such heading */
export function sectionOf({ path, prose }: Document, heading: string): string {
  const start = new RegExp(`^(#{1,6}) ${heading}$`, 'm').exec(prose)
  if (!start?.[1]) throw new Error(`${path} has no heading "${heading}"`)
  const rest = prose.slice(start.index + start[0].length)
  const end = new RegExp(`^#{1,${start[1].length}} `, 'm').exec(rest)
  return end ? rest.slice(0, end.index) : rest
}

/** The tables of a text whose first row has all these columns. */
export function tablesOf(text: string, ...columns: readonly string[]): Table[] {
  const blocks = text.match(/(?:^\|.*\|$\n?)+/gm) ?? []
  return blocks
    .map((block): Table => {
      const [head = [], , ...rows] = block.trim().split('\n').map(cellsOf)
      return { columns: head.map((cell) => cell.replaceAll('`', '').toLowerCase()), rows }
    })
    .filter((table) => columns.every((column) => table.columns.includes(column)))
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

/** A row's cell by column. @throws when the table has no such column */
export function cell({ columns }: Table, row: readonly string[], column: string): string {
  const index = columns.indexOf(column)
  if (index < 0) throw new Error(`no column "${column}" among ${columns.join(', ')}`)
  return row[index] ?? ''
}

/** The first code of a cell, without its backticks; undefined when it has none. */
export const codeIn = (text: string): string | undefined => /`([^`]+)`/.exec(text)?.[1]

/** A quantity as documents write it, in its base unit (milliseconds or bytes, or a bare number): `64 KiB`, `24 h`, `5000`. */
export function quantityOf(text: string): { readonly value: number; readonly kind: 'time' | 'size' | 'count' } {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(?: (ms|s|min|h|days?|bytes|KiB|MiB))?$/.exec(text) ?? []
  if (digits === '') throw new Error(`"${text}" is not a quantity`)
  const factor = FACTORS[unit]
  return factor ? { value: Number(digits) * factor[0], kind: factor[1] } : { value: Number(digits), kind: 'count' }
}

const FACTORS: Readonly<Record<string, readonly [number, 'time' | 'size']>> = {
  ms: [1, 'time'],
  s: [1000, 'time'],
  min: [60_000, 'time'],
  h: [3_600_000, 'time'],
  day: [86_400_000, 'time'],
  days: [86_400_000, 'time'],
  bytes: [1, 'size'],
  KiB: [1024, 'size'],
  MiB: [1024 ** 2, 'size'],
}

/** The number that a constant is set to in a source text, products and powers worked out. @throws when it is not a number */
export function constantIn(source: string, name: string): number {
  const value = new RegExp(`\\b${name}\\b[^=\\n]*= ([\\d_ .*+]+)$`, 'm').exec(source)?.[1]
  if (value === undefined) throw new Error(`no number is assigned to ${name}`)
  const product = (text: string) =>
    text
      .split(/(?<!\*)\*(?!\*)/)
      .map((factor) => factor.split('**').map((part) => Number(part.replaceAll(/[_ ]/g, ''))))
      .reduce((all, [base = Number.NaN, power = 1]) => all * base ** power, 1)
  return value
    .split('+')
    .map(product)
    .reduce((sum, part) => sum + part, 0)
}
