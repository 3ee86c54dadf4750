import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { IdentityProviderError } from '../identity/identity-provider.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import { createFlow, type Flow, type TestBrowser } from '../testing/sign-in-flow.ts'
import { OCTOCAT } from '../testing/test-context.ts'

const SESSION = '__Host-gatehouse-session'

let flow: Flow
let client: RegisteredClient
let browser: TestBrowser
beforeAll(async () => {
  flow = await createFlow()
})
afterAll(() => flow.app.close())
beforeEach(async () => {
  flow.provider.identity = OCTOCAT
  flow.provider.fault = undefined
  flow.provider.completions = 0
  client = await flow.addClient()
  browser = flow.browser()
})

/** A sign-in on its way: the browser is at the provider, with this state. */
async function depart(): Promise<string> {
  const away = await browser.press(await browser.get(flow.authorizeUrl(client)), 'github')
  return away.location?.searchParams.get('state') ?? ''
}

const comeBack = (state: string, from = browser, provider = 'github') =>
  from.get(`/callback/${provider}?code=c&state=${state}`, { 'sec-fetch-site': 'cross-site' })

describe('coming back from a provider', () => {
  it('signs the person in and goes on to consent', async () => {
    const answer = await comeBack(await depart())
    expect([answer.status, answer.location?.pathname]).toEqual([303, '/consent'])
    expect(browser.cookies.has(SESSION)).toBe(true)
    expect(flow.context.logs()).toContain('"event":"signed_in","subject":"github:583231","provider":"github"')
  })

  it('works at another replica than the one that sent the browser away (CBK-07)', async () => {
    const other = await createFlow({ replicaOf: flow.context, provider: flow.provider })
    const state = await depart()
    const elsewhere = other.browser()
    for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value)
    const answer = await comeBack(state, elsewhere)
    expect(answer.status).toBe(303)
    expect((await elsewhere.get(answer.location?.href ?? '')).page.text).toContain('Allow “Test client”')
  })

  it.each<[string, (state: string) => Promise<string>]>([
    ['is unknown', async () => 'A'.repeat(43)],
    ['was changed', async (state) => `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`],
    [
      'took more than ten minutes',
      async (state) => {
        flow.context.advance(601)
        return state
      },
    ],
    [
      'was used before',
      async (state) => {
        await comeBack(state)
        flow.provider.completions = 0
        return state
      },
    ],
  ])('with a state that %s ends on a page, and the provider is not asked (CBK-01)', async (_what, prepare) => {
    const answer = await comeBack(await prepare(await depart()))
    expect(answer.status).toBe(400)
    expect(answer.page.title).toContain('This sign-in is over')
    expect(flow.provider.completions).toBe(0)
  })

  it('without a state, with two, or with another provider’s is the same (CBK-01)', async () => {
    const state = await depart()
    for (const url of [
      '/callback/github?code=c',
      `/callback/github?state=${state}&state=${state}`,
      `/callback/oidc?state=${state}`,
    ]) {
      expect((await browser.get(url)).status).toBe(400)
    }
    expect((await browser.get(`/callback/nobody?state=${state}`)).status).toBe(404)
    expect(flow.provider.completions).toBe(0)
    expect((await comeBack(state)).status).toBe(303)
  })

  it('a hundred times at once with one state asks the provider once', async () => {
    const state = await depart()
    const answers = await Promise.all(Array.from({ length: 100 }, () => comeBack(state)))
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(flow.provider.completions).toBe(1)
  })

  it.each<[string, () => TestBrowser]>([
    ['has no cookie of ours', () => flow.browser()],
    [
      'has one of its own',
      () => {
        const stranger = flow.browser()
        stranger.cookies.set('__Host-gatehouse-browser', 'B'.repeat(43))
        return stranger
      },
    ],
  ])('in a browser that %s signs nobody in, and spends nothing (CBK-03, CON-03)', async (_what, strangerOf) => {
    const state = await depart()
    const stranger = strangerOf()
    const answer = await comeBack(state, stranger)
    expect(answer.status).toBe(403)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(flow.provider.completions).toBe(0)
    expect(flow.context.logs()).toContain('"reason":"other_browser"')
    expect((await comeBack(state)).status).toBe(303)
  })

  it('is a page when the request has become too old meanwhile', async () => {
    await browser.get(flow.authorizeUrl(client))
    const page = await browser.get(flow.authorizeUrl(client))
    flow.context.advance(600)
    const away = await browser.press(page, 'github')
    flow.context.advance(400)
    const answer = await comeBack(away.location?.searchParams.get('state') ?? '')
    expect(answer.page.title).toContain('That took too long')
    expect(browser.cookies.has(SESSION)).toBe(false)
  })
})

describe('a provider that does not vouch for anybody', () => {
  it.each([
    ['denied', 403, 'access_denied', 'you did not allow'],
    ['rejected', 502, 'server_error', 'could not be used'],
    ['unavailable', 503, 'temporarily_unavailable', 'cannot be reached'],
  ] as const)('%s: a page in our words with ways on, nobody signed in (CBK-04, CBK-05)', async (fault, status, error, words) => {
    flow.provider.fault = new IdentityProviderError(fault, 'raw text of <b>GitHub</b>: code 4711')
    const answer = await comeBack(await depart())
    expect(answer.status).toBe(status)
    expect(answer.page.text).toContain(words)
    expect(answer.text).not.toContain('4711')
    expect(browser.cookies.has(SESSION)).toBe(false)
    const back = new URL(answer.page.links[1]?.href ?? '')
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error, state: 'st-1', iss: 'https://gate.test' })
    flow.provider.fault = undefined
    const again = await browser.get(answer.page.links[0]?.href ?? '')
    expect((await browser.press(again, 'github')).status).toBe(303)
  })

  it('is not mixed up with a bug of ours', async () => {
    flow.provider.fault = new TypeError('x is not a function')
    const answer = await comeBack(await depart())
    expect([answer.status, answer.page.title]).toEqual([500, 'Something broke · Gatehouse'])
  })
})

describe('a person who is not on the list', () => {
  it.each([
    ['a GitHub login', { ...OCTOCAT, login: 'mallory' }, 'github:mallory', 'ALLOWED_USERS'],
    [
      'an address',
      { ...OCTOCAT, provider: 'oidc', login: 'eve', email: 'eve@example.com' },
      'email:eve@example.com',
      'ALLOWED_USERS',
    ],
    [
      'neither',
      { subject: 'oidc:1', provider: 'oidc', groups: [], organizations: [], teams: [] },
      'oidc:1',
      'no verified e-mail',
    ],
  ])('known by %s is told who they are and what the operator would write (CFG-04)', async (_what, identity, words, place) => {
    flow.provider.identity = identity
    const answer = await comeBack(await depart())
    expect(answer.status).toBe(403)
    expect(answer.page.text).toContain(words)
    expect(answer.page.text).toContain(place)
    expect(browser.cookies.has(SESSION)).toBe(false)
    expect(answer.page.links.map(({ text }) => text)).toEqual(['Use another account', 'Return to 127.0.0.1:53123'])
    const other = await browser.get(answer.page.links[0]?.href ?? '')
    expect((await browser.press(other, 'github')).location?.searchParams.get('prompt')).toBe('select_account')
  })
})
