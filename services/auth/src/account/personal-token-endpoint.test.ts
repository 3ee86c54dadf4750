import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PERSONAL_TOKEN_CLIENT, readPersonalToken } from '../oauth/personal-token.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { type AccountFlow, createAccountFlow, pressFor, textsOf } from '../testing/account-flow.ts'
import type { Answer, TestBrowser } from '../testing/sign-in-flow.ts'
import { OCTOCAT } from '../testing/test-context.ts'
import { PERSONAL_TOKENS_LIMIT } from './make-personal-token.ts'

const SERVERS = {
  notes: { command: 'x', scopes: { 'notes:read': ['read_*'], 'notes:write': ['write_*'] } },
  memory: { command: 'x' },
  closed: { command: 'x', allow: ['github:somebody-else'], scopes: { 'closed:use': ['*'] } },
}
const NOTES = 'https://gate.test/notes/mcp'

let flow: AccountFlow
let people = 0
beforeAll(async () => {
  flow = await createAccountFlow({ servers: SERVERS })
})
afterAll(() => flow.app.close())

/** Somebody new, so that tests do not count each other's tokens. */
async function newcomer(at = flow): Promise<{ readonly browser: TestBrowser; readonly subject: string }> {
  const subject = `github:9000${people++}`
  return { subject, browser: await at.signedIn({ ...OCTOCAT, subject }) }
}

const openForm = (browser: TestBrowser, resource = NOTES) =>
  browser.get(`/account/tokens/new?${new URLSearchParams({ resource })}`)
const READ = { name: 'Nightly job', 'scope:notes:read': 'yes', days: '30' }

const make = async (browser: TestBrowser, changes: Readonly<Record<string, string | undefined>> = {}, resource = NOTES) =>
  browser.press(await openForm(browser, resource), 'Make token', { ...READ, ...changes })

const tokenOn = (answer: Answer): string | undefined => />(pat_[^<]+)</.exec(answer.text)?.[1]
const tokensOf = async (subject: string) => flow.context.stores.grants.listBySubject(subject)
const now = () => Math.floor(flow.context.clock() / 1000)

describe('a new personal access token', () => {
  it('is for one of the servers that the person may use, or for all', async () => {
    const { browser } = await newcomer()
    const { page } = await browser.get('/account/tokens/new')
    const places = page.links.filter(({ href }) => href.includes('resource='))
    expect(places.map(({ href }) => new URL(href, 'https://gate.test').searchParams.get('resource'))).toEqual([
      NOTES,
      'https://gate.test/memory/mcp',
      'https://gate.test',
    ])
    const all = await openForm(browser, 'https://gate.test')
    expect(all.page.text).toContain('notes:read')
    expect(all.page.text).not.toContain('closed:use')
  })

  it('is at once for the only server there is', async () => {
    const single = await createAccountFlow({ servers: { memory: { command: 'x' } } })
    const { browser } = await newcomer(single)
    const form = await browser.get('/account/tokens/new')
    expect(form.page.text).toContain('https://gate.test/memory/mcp')
    expect(form.page.text).not.toContain('For another')
    const made = await browser.press(form, 'Make token', { name: 'Only', days: '7' })
    expect(tokenOn(made)).toBeDefined()
    await single.app.close()
  })

  it('is a grant of its own, of which the store has a digest', async () => {
    const { browser, subject } = await newcomer()
    const made = await make(browser)
    expect(made.status).toBe(200)
    const token = tokenOn(made) ?? ''
    const [active] = await tokensOf(subject)
    expect(active).toMatchObject({
      grant: {
        id: readPersonalToken(token)?.grantId,
        clientId: PERSONAL_TOKEN_CLIENT,
        scopes: ['notes:read'],
        resource: NOTES,
        via: 'personal_token',
        createdAt: now(),
        personalToken: { name: 'Nightly job', tokenHash: readPersonalToken(token)?.tokenHash },
      },
      refreshHash: NO_REFRESH_TOKEN,
      expiresAt: now() + 30 * 86_400,
    })
    expect(JSON.stringify(active)).not.toContain(token)
  })

  it('is shown once, with commands that are ready, and is in no list, page or log after that (OPS-05)', async () => {
    const { browser } = await newcomer()
    const made = await make(browser)
    const token = tokenOn(made) ?? ''
    expect(made.headers['cache-control']).toBe('no-store')
    expect(made.page.text).toContain(`claude mcp add --transport http notes ${NOTES} --header "Authorization: Bearer ${token}"`)
    const list = await browser.get('/account')
    expect(list.page.text).toContain('For notes . It may: notes:read .')
    expect(list.page.text).toContain('Ends in 30 days (2026-12-25')
    expect(list.page.text).toContain('Never used.')
    for (const text of [list.text, (await openForm(browser)).text, flow.context.logs()])
      expect(text).not.toContain(token.slice(26))
  })

  it('leaves a line with who made it, and never its secret (LOG-03)', async () => {
    const { browser, subject } = await newcomer()
    await make(browser)
    const line = flow.context
      .logs()
      .split('\n')
      .find((each) => each.includes('personal_token_made') && each.includes(subject))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      actor: subject,
      name: 'Nightly job',
      resource: NOTES,
      scopes: ['notes:read'],
    })
  })

  it('for every server has commands for one that the person may use', async () => {
    const { browser, subject } = await newcomer()
    const made = await make(browser, { 'scope:mcp': 'yes' }, 'https://gate.test')
    expect(made.page.text).toContain('claude mcp add --transport http notes ')
    expect((await tokensOf(subject))[0]?.grant).toMatchObject({ resource: 'https://gate.test', scopes: ['notes:read', 'mcp'] })
    expect((await browser.get('/account')).page.text).toContain('For all your servers .')
  })

  it('says when it was used', async () => {
    const { browser, subject } = await newcomer()
    await make(browser)
    const [active] = await tokensOf(subject)
    flow.context.advance(3600)
    await flow.context.stores.grants.touch(active?.grant.id ?? '')
    flow.context.advance(120)
    expect((await (await flow.signedIn({ ...OCTOCAT, subject })).get('/account')).page.text).toContain('Last used 2 minutes ago')
  })

  it.each<[string, Record<string, string | undefined>, string]>([
    ['without a name', { name: undefined }, 'Give the token a name.'],
    ['with a name of blanks', { name: ' \t ' }, 'Give the token a name.'],
    ['with a name that nobody sees', { name: '\u200b\u202e' }, 'Give the token a name.'],
    ['with a name of 65 characters', { name: 'x'.repeat(65) }, 'The name is longer than 64 characters.'],
    ['without a scope', { 'scope:notes:read': undefined }, 'Choose at least one'],
    ['with a scope of another server alone', { 'scope:notes:read': undefined, 'scope:mcp': 'yes' }, 'Choose at least one'],
    ['without a lifetime', { days: undefined }, 'Choose how long'],
    ['with a lifetime that is not offered', { days: '366' }, 'Choose how long'],
    ['with a lifetime of junk', { days: '30 days' }, 'Choose how long'],
  ])('%s is not made; the form comes again with what was entered', async (_what, changes, fault) => {
    const { browser, subject } = await newcomer()
    const again = await make(browser, { 'scope:notes:write': undefined, ...changes })
    expect([again.status, again.page.text]).toEqual([400, expect.stringContaining(fault)])
    expect(await tokensOf(subject)).toEqual([])
    const mended = await browser.press(again, 'Make token', READ)
    expect(tokenOn(mended)).toBeDefined()
  })

  it('keeps to 64 characters that are more than 64 units', async () => {
    const { browser } = await newcomer()
    const name = '🔑'.repeat(64)
    expect(tokenOn(await make(browser, { name }))).toBeDefined()
    expect((await browser.get('/account')).page.text).toContain(name)
  })

  it.each(['https://gate.test/closed/mcp', 'https://evil.test/mcp', 'x'])('is not made for %s', async (resource) => {
    const { browser, subject } = await newcomer()
    const form = await openForm(browser)
    const answer = await browser.press(form, 'Make token', { ...READ, resource })
    expect(answer.page.text).toContain('What is it for?')
    expect(await tokensOf(subject)).toEqual([])
    expect((await browser.get(`/account/tokens/new?${new URLSearchParams({ resource })}`)).page.text).toContain('What is it for?')
  })

  it('has a name that no other of the person has', async () => {
    const [one, two] = [await newcomer(), await newcomer()]
    expect(tokenOn(await make(one.browser))).toBeDefined()
    const again = await make(one.browser)
    expect([again.status, again.page.text]).toEqual([400, expect.stringContaining('of this name already')])
    expect(tokenOn(await make(two.browser))).toBeDefined()
    expect(await tokensOf(one.subject)).toHaveLength(1)
  })

  it('is never there twice under one name, also when twenty forms ask at once', async () => {
    const { browser, subject } = await newcomer()
    const forms = await Promise.all(Array.from({ length: 20 }, () => openForm(browser)))
    const answers = await Promise.all(forms.map((form) => browser.press(form, 'Make token', READ)))
    const shown = answers.filter((answer) => tokenOn(answer) !== undefined)
    expect(shown.length).toBeLessThanOrEqual(1)
    expect(await tokensOf(subject)).toHaveLength(shown.length)
  })

  it('is made once by a form, however often it is sent, and not shown again', async () => {
    const { browser, subject } = await newcomer()
    const form = await openForm(browser)
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.press(form, 'Make token', READ)))
    expect(answers.filter((answer) => tokenOn(answer) !== undefined)).toHaveLength(1)
    const reloaded = await browser.press(form, 'Make token', READ)
    expect([reloaded.status, tokenOn(reloaded)]).toEqual([400, undefined])
    expect(reloaded.page.text).toContain('a token is shown once')
    expect(await tokensOf(subject)).toHaveLength(1)
  })

  it('is not one too many, also when fifty are made at once', async () => {
    const { browser, subject } = await newcomer()
    const forms = await Promise.all(Array.from({ length: PERSONAL_TOKENS_LIMIT + 10 }, () => openForm(browser)))
    const answers = await Promise.all(
      forms.map((form, index) => browser.press(form, 'Make token', { ...READ, name: `n${index}` })),
    )
    const shown = answers.filter((answer) => tokenOn(answer) !== undefined).length
    expect(shown).toBe((await tokensOf(subject)).length)
    expect(shown).toBeLessThanOrEqual(PERSONAL_TOKENS_LIMIT)
    for (let index = shown; index < PERSONAL_TOKENS_LIMIT; index++) {
      expect(tokenOn(await make(browser, { name: `later ${index}` }))).toBeDefined()
    }
    const full = await make(browser, { name: 'one more' })
    expect([full.status, full.page.text]).toEqual([400, expect.stringContaining('no more can be made')])
    const list = await browser.get('/account')
    expect(list.page.text).toContain('no more can be made')
    expect(list.page.links.map(({ href }) => href)).not.toContain('/account/tokens/new')
  })

  it('is refused by a form of another browser, person or site, and by one that is too old (OPS-03)', async () => {
    const { browser, subject } = await newcomer()
    const form = await openForm(browser)
    for (const other of [await flow.signedIn({ ...OCTOCAT, subject }), (await newcomer()).browser]) {
      expect((await other.press(form, 'Make token', READ)).status).toBe(403)
    }
    expect((await browser.press(form, 'Make token', { ...READ, csrf: 'x' })).status).toBe(403)
    flow.context.advance(901)
    const late = await browser.press(form, 'Make token', READ)
    expect([late.status, late.page.text]).toEqual([400, expect.stringContaining('open for too long')])
    expect(await tokensOf(subject)).toEqual([])
  })

  it('is 503 while the store is away, and nothing is shown', async () => {
    const { browser, subject } = await newcomer()
    const form = await openForm(browser)
    vi.spyOn(flow.context.stores.grants, 'create').mockRejectedValueOnce(new StoreUnavailableError('away'))
    const answer = await browser.press(form, 'Make token', READ)
    expect([answer.status, tokenOn(answer)]).toEqual([503, undefined])
    vi.restoreAllMocks()
    expect(await tokensOf(subject)).toEqual([])
    expect(tokenOn(await make(browser))).toBeDefined()
  })
})

describe('the lifetimes', () => {
  it.each([
    ['365', ['7', '30', '90', '365'], '30'],
    ['3650', ['7', '30', '90', '365', '3650'], '30'],
    ['60', ['7', '30', '60'], '30'],
    ['14', ['7', '14'], '14'],
    ['3', ['3'], '3'],
  ])('go up to what the operator allows: %s days', async (max, offered, preferred) => {
    const bounded = await createAccountFlow({ servers: SERVERS, environment: { PERSONAL_TOKEN_MAX_DAYS: max } })
    const { text } = await openForm((await newcomer(bounded)).browser)
    expect([...text.matchAll(/<option value="(\d+)"/g)].map(([, days]) => days)).toEqual(offered)
    expect(/<option value="(\d+)" selected/.exec(text)?.[1]).toBe(preferred)
    await bounded.app.close()
  })
})

describe('where the operator allows none', () => {
  it('nobody sees or makes any, but those that there are can be revoked', async () => {
    const { browser, subject } = await newcomer()
    await make(browser)
    const off = await createAccountFlow({
      servers: SERVERS,
      environment: { PERSONAL_TOKEN_MAX_DAYS: '0' },
      replicaOf: flow.context,
    })
    const fresh = (await newcomer(off)).browser
    expect((await fresh.get('/account')).page.text).not.toContain('Personal access tokens')
    expect((await openForm(fresh)).status).toBe(404)
    expect((await fresh.post('/account/tokens', {})).status).toBe(404)
    const owner = await off.signedIn({ ...OCTOCAT, subject })
    const list = await owner.get('/account')
    expect(list.page.text).toContain('The operator takes no personal tokens any more: these open nothing.')
    await owner.press(list, 'Revoke')
    expect(await tokensOf(subject)).toEqual([])
    await off.app.close()
  })
})

describe('revoking', () => {
  it('ends the token everywhere, says so, and leaves a line with who did it (LOG-03)', async () => {
    const { browser, subject } = await newcomer()
    await make(browser)
    const [active] = await tokensOf(subject)
    const published: string[] = []
    flow.context.stores.revocations.subscribe(
      (grantId) => published.push(grantId),
      () => {},
    )
    const done = await browser.press(await browser.get('/account'), 'Revoke')
    expect((await browser.get(done.location?.href ?? '')).page.text).toContain('The token is revoked.')
    expect(await tokensOf(subject)).toEqual([])
    expect(published).toEqual([active?.grant.id])
    expect(flow.context.logs()).toContain(`"reason":"token_revoked_by_person","actor":"${subject}"`)
  })

  it('of somebody else’s token, or of an app’s connection, does nothing', async () => {
    const [one, two] = [await newcomer(), await newcomer()]
    for (const who of [one, two]) await make(who.browser)
    const [theirs] = await tokensOf(two.subject)
    const app = await flow.connect({ identity: { ...OCTOCAT, subject: one.subject } })
    const list = await one.browser.get('/account')
    for (const grant of [theirs?.grant.id, app.id, 'grt_x', undefined]) {
      const done = await one.browser.press(list, 'Revoke', { grant })
      expect((await one.browser.get(done.location?.href ?? '')).page.text).toContain('That token had ended before.')
    }
    expect([(await tokensOf(one.subject)).length, (await tokensOf(two.subject)).length]).toEqual([2, 1])
  })

  it('is not what disconnecting does: a token is no app', async () => {
    const { browser, subject } = await newcomer()
    await make(browser)
    const app = await flow.connect({ identity: { ...OCTOCAT, subject } })
    const [token] = (await tokensOf(subject)).filter(({ grant }) => grant.personalToken)
    const list = await browser.get('/account')
    expect(textsOf(list, 'h3')).toEqual(['An app that is not known any more', 'Nightly job'])
    await pressFor(browser, list, ['grant', app.id], { grant: token?.grant.id })
    await pressFor(browser, list, ['grant', app.id], { grant: undefined, client: PERSONAL_TOKEN_CLIENT })
    expect(await tokensOf(subject)).toHaveLength(2)
  })
})
