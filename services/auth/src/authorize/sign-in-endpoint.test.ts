import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { IdentityProviderError } from '../identity/identity-provider.ts'
import { PasswordQueueFullError } from '../identity/password.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import { createFlow, type Flow, PASSWORD, type TestBrowser } from '../testing/sign-in-flow.ts'

const SESSION = '__Host-gatehouse-session'

let flow: Flow
let client: RegisteredClient
let browser: TestBrowser
beforeAll(async () => {
  flow = await createFlow()
})
afterAll(() => flow.app.close())
beforeEach(async () => {
  client = await flow.addClient()
  browser = flow.browser()
})

describe('signing in', () => {
  it('gives the browser a new session id; the old one, known to whoever set it, is dead (CON-10)', async () => {
    await browser.reachConsent(flow.authorizeUrl(client), 'password')
    const old = browser.cookies.get(SESSION) ?? ''
    flow.context.advance(1)
    await browser.reachConsent(flow.authorizeUrl(client, { prompt: 'login' }), 'password')
    expect(browser.cookies.get(SESSION)).not.toBe(old)
    const thief = flow.browser()
    thief.cookies.set(SESSION, old)
    expect((await thief.get(flow.authorizeUrl(client))).status).toBe(200)
  })

  it.each([
    ['changed', (value: string) => `${value.slice(0, -1)}_`],
    ['cut', (value: string) => value.slice(0, 20)],
    ['too long', (value: string) => `${value}x`],
    ['sent twice', (value: string) => `${value}; ${SESSION}=${value}`],
  ])('is undone by a session cookie that is %s (CON-09)', async (_what, change) => {
    await browser.reachConsent(flow.authorizeUrl(client), 'password')
    browser.cookies.set(SESSION, change(browser.cookies.get(SESSION) ?? ''))
    expect((await browser.get(flow.authorizeUrl(client))).page.text).toContain('Sign in with GitHub')
  })

  it('sets two cookies and no more, as strict as they can be (CON-09)', async () => {
    const lines: string[] = []
    const watched = flow.browser()
    const signIn = await watched.get(flow.authorizeUrl(client))
    lines.push(String(signIn.headers['set-cookie']))
    lines.push(String((await watched.press(signIn, 'Sign in', { password: PASSWORD })).headers['set-cookie']))
    expect(lines).toEqual([
      expect.stringMatching(/^__Host-gatehouse-browser=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^__Host-gatehouse-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200$/),
    ])
  })

  it('ends after twelve hours', async () => {
    await browser.reachConsent(flow.authorizeUrl(client), 'password')
    flow.context.advance(43_201)
    expect((await browser.get(flow.authorizeUrl(client))).page.text).toContain('Sign in with GitHub')
  })

  it.each<[string, Record<string, string | undefined>, Record<string, string | undefined>, number]>([
    ['without a token', { csrf: undefined }, {}, 403],
    ['by another site', {}, { 'sec-fetch-site': 'cross-site' }, 403],
    ['with another origin', {}, { origin: 'https://evil.test' }, 403],
    ['as JSON', {}, { 'content-type': 'application/json' }, 415],
    ['with an empty form', { csrf: undefined, request: undefined, password: undefined }, {}, 403],
    ['with no way chosen', { password: undefined }, {}, 400],
    ['with a provider that there is not', { provider: 'nobody' }, {}, 400],
    ['with a request of somebody’s making', { request: 'e30' }, {}, 400],
  ])('%s does not work (OPS-03)', async (_what, changes, headers, status) => {
    const signIn = await browser.get(flow.authorizeUrl(client))
    const fields = Object.fromEntries(signIn.page.forms[0]?.fields.map(({ name, value }) => [name, value]) ?? [])
    const answer = await browser.post('/sign-in', { ...fields, password: PASSWORD, ...changes }, headers)
    expect(answer.status).toBe(status)
    expect(browser.cookies.has(SESSION)).toBe(false)
  })

  it('from a browser that keeps no cookies ends on a page that says so', async () => {
    const signIn = await browser.get(flow.authorizeUrl(client))
    const answer = await flow.browser().press(signIn, 'Sign in', { password: PASSWORD })
    expect([answer.status, answer.page.text.includes('cookie')]).toEqual([403, true])
  })

  it('is a page when the provider cannot be reached, with ways on (FLT-15)', async () => {
    const original = flow.provider.loginUrl
    flow.provider.loginUrl = () => Promise.reject(new IdentityProviderError('unavailable', 'connect ECONNREFUSED 10.0.0.7'))
    const answer = await browser.press(await browser.get(flow.authorizeUrl(client)), 'github')
    flow.provider.loginUrl = original
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('30')
    expect(answer.page.text).not.toContain('10.0.0.7')
    expect(answer.page.links.map(({ text }) => text)).toEqual(['Try again', 'Return to 127.0.0.1:53123'])
    expect((await browser.get(answer.page.links[0]?.href ?? '')).page.text).toContain('Sign in with GitHub')
  })
})

describe('where a sign-in leads', () => {
  const lead = async (returnTo: string | undefined) => {
    const page = await browser.get(`/sign-in?${new URLSearchParams(returnTo === undefined ? {} : { return_to: returnTo })}`)
    return (await browser.press(page, 'Sign in', { password: PASSWORD })).headers.location
  }

  it.each([
    ['/account', '/account'],
    ['/device?user_code=ABCD-EFGH', '/device?user_code=ABCD-EFGH'],
    [undefined, '/sign-in'],
  ])('a page of ours, %s', async (returnTo, location) => {
    expect(await lead(returnTo)).toBe(location)
  })

  it.each([
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    'https://evil.test/',
    'javascript:alert(1)',
    '/%0d%0aSet-Cookie:x=1\r\n',
    '/x\nLocation: https://evil.test',
    ' //evil.test',
    '/\t/evil.test',
    'account',
    '',
  ])('never another site: %j (WEB-02)', async (returnTo) => {
    expect(await lead(returnTo)).toBe('/sign-in')
  })
})

describe('the page for who is signed in', () => {
  it('names them and lets them sign out', async () => {
    await browser.reachConsent(flow.authorizeUrl(client), 'password')
    const page = await browser.get('/sign-in')
    expect(page.page.text).toContain('You are operator')
    const out = await browser.press(page, 'Sign out')
    expect(out.page.title).toContain('Signed out')
    expect([...browser.cookies.keys()]).toEqual(['__Host-gatehouse-browser'])
  })

  it('does not sign out for another site', async () => {
    await browser.reachConsent(flow.authorizeUrl(client), 'password')
    expect((await browser.post('/sign-out', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await browser.post('/sign-out', {})).status).toBe(403)
    expect((await browser.get('/sign-in')).page.text).toContain('You are operator')
  })
})

describe('guessing the operator password', () => {
  const guess = async (from: TestBrowser, password = 'wrong') =>
    from.press(await from.get(flow.authorizeUrl(client)), 'Sign in', { password })

  beforeEach(() => flow.context.advance(1000))

  it('gets the form again with a sentence, and ten tries in a quarter of an hour (OPS-02)', async () => {
    const guesser = flow.browser('198.51.100.1')
    const answers = []
    for (let count = 0; count < 12; count++) answers.push(await guess(guesser))
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429])
    expect(answers[0]?.page.text).toContain('That is not the password')
    expect(answers[11]?.headers['retry-after']).toBe('900')
    expect((await guess(guesser, PASSWORD)).status).toBe(429)
    flow.context.advance(901)
    expect((await guess(guesser, PASSWORD)).status).toBe(303)
  })

  it('locks nobody else out, even from many addresses at once (OPS-02)', async () => {
    for (let count = 0; count < 120; count++) await guess(flow.browser(`198.51.100.${count}`))
    expect((await guess(flow.browser('203.0.113.200'))).status).toBe(401)
    expect((await guess(flow.browser('203.0.113.200'), PASSWORD)).status).toBe(303)
    const crowded = flow.browser('203.0.113.201')
    const statuses = []
    for (let count = 0; count < 4; count++) statuses.push((await guess(crowded)).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  it('counts an IPv6 household as one', async () => {
    for (let count = 0; count < 10; count++) await guess(flow.browser(`2001:db8:1:2::${count}`))
    expect((await guess(flow.browser('2001:db8:1:2:ffff::1'))).status).toBe(429)
    expect((await guess(flow.browser('2001:db8:1:3::1'))).status).toBe(401)
  })

  it('is told to come back when too many are waiting', async () => {
    const busy = await createFlow({ passwordSignIn: { verify: () => Promise.reject(new PasswordQueueFullError()) } })
    const page = await busy.browser().get('/sign-in')
    expect(page.page.text).toContain('Operator password')
    const busyBrowser = busy.browser()
    const answer = await busyBrowser.press(await busyBrowser.get('/sign-in'), 'Sign in', { password: 'x' })
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '5'])
  })

  it('is written to the log, without the password', async () => {
    await guess(browser, 'a-wrong-guess')
    expect(flow.context.logs()).toContain('"event":"sign_in_refused","provider":"password","reason":"wrong_password"')
    expect(flow.context.logs()).not.toContain('a-wrong-guess')
  })
})
