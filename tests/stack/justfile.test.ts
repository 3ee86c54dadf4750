import { describe, expect, it } from 'vitest'
import { type ComposeFile, readText, readYaml } from './files.ts'

interface Recipe {
  readonly name: string
  readonly comment: string
  readonly lines: readonly string[]
}

/** Just enough of just's grammar: a comment, a header with parameters, indented lines. */
function readRecipes(text: string): Recipe[] {
  return [...text.matchAll(/((?:^#.*\n)*)^([a-z][a-z-]*)((?: [^:\n]+)?):.*\n((?:^ {4}.+\n)+)/gm)].map(
    ([, comment = '', name = '', , body = '']) => ({
      name,
      comment: comment.trim(),
      lines: body
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().replace(/^@/, '')),
    }),
  )
}

const recipes = readRecipes(readText('justfile'))
const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
const services = Object.keys(readYaml<ComposeFile>('compose.yaml').services)
const lines = recipes.flatMap(({ lines }) => lines)

describe('the justfile', () => {
  it('has a recipe for everything an operator or contributor does', () => {
    const names = ['up', 'down', 'restart', 'logs', 'ps', 'password', 'new-password', 'gatehouse', 'secrets', 'backup', 'restore']
    expect(recipes.map(({ name }) => name)).toEqual(['default', ...names, 'test', 'test-fast', 'check', 'bench'])
  })

  it.each(recipes)('says what $name does', ({ comment }) => {
    expect(comment).toMatch(/^# \S.{10,}$/m)
  })

  it('runs npm scripts that exist', () => {
    const used = lines.flatMap((line) => [...line.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, script = '']) => script))
    expect(used.length).toBeGreaterThan(3)
    for (const script of used) expect(Object.keys(scripts)).toContain(script)
  })

  it('names services that exist', () => {
    const used = lines.flatMap((line) =>
      [...line.matchAll(/docker compose (?:run|up|stop|start|restart|logs|exec)(?: --?\S+(?: \d+)?)* ([a-z]+)/g)].map(
        ([, name = '']) => name,
      ),
    )
    expect(used.length).toBeGreaterThan(5)
    for (const service of used) expect(services).toContain(service)
  })
})
