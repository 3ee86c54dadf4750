import { stripVTControlCharacters, styleText } from 'node:util'

const GAP = '  '

/** Columns for people; the headings are bold on a terminal. What others chose cannot move the cursor. */
export function table(stream: NodeJS.WriteStream, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable))
  const widths = headings.map((heading, column) => Math.max(heading.length, ...clean.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd()
  return [styleText('bold', line(headings), { stream }), ...clean.map(line)].join('\n')
}

/** Without control characters, whatever somebody registered as a name. */
const printable = (text: string): string => stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
