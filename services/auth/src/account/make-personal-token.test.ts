import { afterAll, expect, it } from 'vitest'
import { createTestContext, OCTOCAT } from '../testing/test-context.ts'
import { makePersonalToken, PERSONAL_TOKENS_LIMIT } from './make-personal-token.ts'

const context = await createTestContext()
afterAll(() => context.stores.close())

let people = 0
const newcomer = () => ({ ...OCTOCAT, subject: `github:77${people++}` })
const wish = (name: string) => ({ name, resource: context.resources.root, scopes: ['mcp'], days: 7 })
const namesOf = async ({ subject }: typeof OCTOCAT) =>
  (await context.stores.grants.listBySubject(subject)).map(({ grant }) => grant.personalToken?.name)

/** All of them past their first look before any of them adds its own. */
const atOnce = (person: typeof OCTOCAT, names: readonly string[], stamp: (index: number) => string) =>
  Promise.all(names.map((name, index) => makePersonalToken(context, person, wish(name), stamp(index))))

it('keeps one token at most of one name, of twenty that ask at once', async () => {
  const person = newcomer()
  const makings = await atOnce(person, Array<string>(20).fill('same'), (index) => `form ${index}`)
  const made = makings.filter(({ outcome }) => outcome === 'made')
  expect(made.length).toBeLessThanOrEqual(1)
  expect(new Set(makings.map(({ outcome }) => outcome))).toContain('name_taken')
  expect(await namesOf(person)).toHaveLength(made.length)
  expect((await makePersonalToken(context, person, wish(made.length ? 'other' : 'same'), 'later')).outcome).toBe('made')
})

it('keeps no more than the limit, of many that ask at once', async () => {
  const person = newcomer()
  const names = Array.from({ length: PERSONAL_TOKENS_LIMIT + 20 }, (_, index) => `name ${index}`)
  const makings = await atOnce(person, names, (index) => `form ${index}`)
  const made = makings.filter(({ outcome }) => outcome === 'made')
  expect(made.length).toBeLessThanOrEqual(PERSONAL_TOKENS_LIMIT)
  expect(await namesOf(person)).toHaveLength(made.length)
})

it('makes one token of a form, of twenty times that it is sent at once', async () => {
  const person = newcomer()
  const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)
  const makings = await atOnce(person, names, () => 'one form')
  expect(makings.filter(({ outcome }) => outcome === 'made')).toHaveLength(1)
  expect(makings.filter(({ outcome }) => outcome === 'form_used')).toHaveLength(19)
  expect(await namesOf(person)).toHaveLength(1)
})

it('takes the same form of another person for another', async () => {
  for (const person of [newcomer(), newcomer()]) {
    expect((await makePersonalToken(context, person, wish('mine'), 'stamp')).outcome).toBe('made')
  }
})
