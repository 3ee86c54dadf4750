import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { REQUIREMENTS } from './requirements.ts'

const root = resolve(import.meta.dirname, '../..')
const QUOTED = /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g
const RULES = /\brules? ((?:\d+(?: to \d+)?(?:, | and )?)+)/g
const DECISION = /\bdecision (\d+)\b/g
const CASE = /\b([A-Z]{3})-(\d{2})(?: to (\d{2}))?\b/g

/**
 * Which test files cite which requirement, read from the names of their tests: `(rules 1, 13 to 19)`, `decision 2`,
 * `AUT-03 to 09`. A range cites what exists in it.
 */
export function findCitations(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Set(REQUIREMENTS.map(({ id }) => id))
  const citations = new Map<string, Set<string>>()
  const files = globSync(['tests/**/*.test.ts', 'services/**/*.test.ts'], { cwd: root, exclude: ['**/node_modules/**'] })
  for (const file of files.filter((path) => !path.startsWith('tests/conformance/')).sort()) {
    for (const [quoted] of readFileSync(join(root, file), 'utf8').matchAll(QUOTED)) {
      for (const id of idsIn(quoted, known)) citations.set(id, (citations.get(id) ?? new Set()).add(file))
    }
  }
  return citations
}

function idsIn(text: string, known: ReadonlySet<string>): string[] {
  const rules = [...text.matchAll(RULES)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(([, from, to]) =>
      range(Number(from), Number(to ?? from)).map((number) => `rule ${number}`),
    ),
  )
  const decisions = [...text.matchAll(DECISION)].map(([, number]) => `decision ${number}`)
  const cases = [...text.matchAll(CASE)].flatMap(([, area, from, to]) => {
    const ids = range(Number(from), Number(to ?? from)).map((number) => `${area}-${String(number).padStart(2, '0')}`)
    return to === undefined ? ids : ids.filter((id) => known.has(id))
  })
  return [...rules, ...decisions, ...cases]
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

if (import.meta.main) {
  // `node tests/conformance/citations.ts`: the table of what is shown where.
  const citations = findCitations()
  for (const { id, behaviour, elsewhere } of REQUIREMENTS) {
    const files = [...(citations.get(id) ?? [])].map((file) => file.replace(/^tests\//, '')).join(', ')
    process.stdout.write(`| ${id} | ${behaviour} | ${files || `(${elsewhere ?? 'nowhere'})`} |\n`)
  }
}
