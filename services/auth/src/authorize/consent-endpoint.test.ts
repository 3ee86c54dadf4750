import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RegisteredClient } from '../oauth/client.ts'
import { readCode } from '../oauth/code.ts'
import type { Identity } from '../oauth/identity.ts'
import { createFlow, type Flow, onwardOf, type TestBrowser, WEB_URI } from '../testing/sign-in-flow.ts'
import { OCTOCAT } from '../testing/test-context.ts'

const OTHER: Identity = { ...OCTOCAT, subject: 'github:2', login: 'hubot' }

let flow: Flow
let client: RegisteredClient
let browser: TestBrowser
beforeAll(async () => {
  flow = await createFlow({
    environment: { ALLOWED_USERS: 'github:octocat, github:hubot' },
    servers: {
      memory: { command: 'x', scopes: { read: ['get_*'], write: ['set_*'] } },
      private: { command: 'x', allow: ['github:hubot'] },
    },
  })
})
afterAll(() => flow.app.close())
beforeEach(async () => {
  flow.provider.identity = OCTOCAT
  client = await flow.addClient()
  browser = flow.browser()
})

const ask = (changes: Record<string, string | undefined> = {}) =>
  browser.reachConsent(flow.authorizeUrl(client, { scope: 'read write', ...changes }))

const issuedCodes = async () => (await flow.context.stores.grants.listByClient(client.clientId)).length

describe('the consent page', () => {
  it('names app, destination, server, account and what may be done (CON-01)', async () => {
    const { page } = await ask()
    for (const words of [
      'Test client',
      'name not verified',
      '127.0.0.1:53123',
      'memory',
      'octocat',
      'read',
      'get_*',
      'write',
      'set_*',
    ])
      expect(page.text).toContain(words)
  })

  it('has deny first, so that Enter denies', async () => {
    const { page } = await ask()
    expect(page.forms[0]?.buttons.map(({ value }) => value)).toEqual(['deny', 'approve'])
  })

  it('calls the root resource every server you may use, and lists those', async () => {
    const { page } = await ask({ resource: 'https://gate.test', scope: 'mcp' })
    expect(page.text).toContain('Every server you may use memory')
    expect(page.text).not.toContain('private')
  })

  it('says where a metadata document comes from, and who set up a configured client', async () => {
    client = await flow.addClient({ source: 'configured' as 'registered' })
    expect((await ask()).page.text).toContain('The operator of this gateway set this app up')
  })

  it('issues nothing by being looked at', async () => {
    await ask()
    expect(await issuedCodes()).toBe(0)
  })
})

describe('an approval', () => {
  it('takes the browser to the client with code, state and iss, and keeps the redirect URI’s own query (rule 26, AUT-08)', async () => {
    client = await flow.addClient({ redirectUris: ['http://127.0.0.1:1/cb?own=1&iss=fake&code=fake'] })
    const answer = await browser.press(await ask({ state: undefined }), 'approve')
    const { searchParams } = onwardOf(answer)
    expect([...searchParams.keys()]).toEqual(['own', 'code', 'iss'])
    expect(searchParams.get('iss')).toBe('https://gate.test')
    expect(readCode(searchParams.get('code') ?? '')).toBeDefined()
    expect(answer.page.links.find(({ id }) => id === 'continue')?.href).toBe(answer.page.refresh)
  })

  it('posted a hundred times at once yields one code (CON-08)', async () => {
    const page = await ask()
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.press(page, 'approve')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map((answer) => onwardOf(answer).href)).size).toBe(1)
    expect(await issuedCodes()).toBe(1)
  })

  it('repeated within the code’s life gives the same redirect, and after it a page (rule 27)', async () => {
    const page = await ask()
    const first = onwardOf(await browser.press(page, 'approve')).href
    flow.context.advance(59)
    expect(onwardOf(await browser.press(page, 'approve')).href).toBe(first)
    flow.context.advance(2)
    const late = await browser.press(page, 'approve')
    expect([late.status, late.page.title]).toEqual([400, 'Already answered · Gatehouse'])
    expect(await issuedCodes()).toBe(0)
  })

  it('covers the scopes that stayed ticked (SCP-06)', async () => {
    await browser.press(await ask(), 'approve', { 'scope:write': undefined })
    const [pending] = await flow.context.stores.grants.listByClient(client.clientId)
    expect(pending?.grant.scopes).toEqual(['read'])
  })

  it('of nothing is asked again', async () => {
    const answer = await browser.press(await ask(), 'approve', { 'scope:write': undefined, 'scope:read': undefined })
    expect(answer.status).toBe(400)
    expect(answer.page.text).toContain('Choose at least one')
    expect(onwardOf(await browser.press(answer, 'approve', { 'scope:read': 'yes' })).searchParams.has('code')).toBe(true)
  })

  it('cannot name a scope that was not asked for', async () => {
    await browser.press(await ask({ scope: 'read' }), 'approve', { 'scope:write': 'yes', 'scope:admin': 'yes' })
    const [pending] = await flow.context.stores.grants.listByClient(client.clientId)
    expect(pending?.grant.scopes).toEqual(['read'])
  })

  it('is written to the log with who, whom and what (LOG-03)', async () => {
    await browser.press(await ask(), 'approve')
    const [pending] = await flow.context.stores.grants.listByClient(client.clientId)
    expect(flow.context.logs()).toContain(
      `"event":"consent_approved","subject":"github:583231","client":"${client.clientId}","resource":"https://gate.test/memory/mcp","grant":"${pending?.grant.id}","scopes":["read","write"]`,
    )
  })
})

describe('a denial', () => {
  it('tells the client access_denied with state and iss, and stands (CON-06)', async () => {
    const page = await ask()
    const first = await browser.press(page, 'deny')
    expect(Object.fromEntries(onwardOf(first).searchParams)).toMatchObject({
      error: 'access_denied',
      state: 'st-1',
      iss: 'https://gate.test',
    })
    expect(onwardOf(await browser.press(page, 'deny')).href).toBe(onwardOf(first).href)
    const change = await browser.press(page, 'approve')
    expect([change.status, change.page.refresh]).toEqual([400, undefined])
    expect(await issuedCodes()).toBe(0)
  })
})

describe('a form', () => {
  it.each<[string, Record<string, string | undefined>, Record<string, string | undefined>, number]>([
    ['without a token', { csrf: undefined }, {}, 403],
    ['with another token', { csrf: 'x'.repeat(43) }, {}, 403],
    ['sent by another site', {}, { 'sec-fetch-site': 'cross-site' }, 403],
    ['sent by a sister site', {}, { 'sec-fetch-site': 'same-site' }, 403],
    ['with the origin of another site', {}, { 'sec-fetch-site': undefined, origin: 'https://evil.test' }, 403],
    ['without a decision', { decision: undefined }, {}, 400],
    ['with a decision that there is not', { decision: 'maybe' }, {}, 400],
    ['whose request was changed', { request: 'AAAA' }, {}, 400],
    ['as JSON', {}, { 'content-type': 'application/json' }, 415],
    ['as plain text', {}, { 'content-type': 'text/plain' }, 415],
  ])('%s decides nothing (OPS-03)', async (_what, changes, headers, status) => {
    const { page } = await ask()
    const fields = Object.fromEntries(page.forms[0]?.fields.map(({ name, value }) => [name, value]) ?? [])
    const answer = await browser.post('/consent', { ...fields, decision: 'approve', ...changes }, headers)
    expect(answer.status).toBe(status)
    expect(answer.page.refresh).toBeUndefined()
    expect(await issuedCodes()).toBe(0)
  })

  it('shown to one person decides nothing for another who signed in since', async () => {
    const page = await ask()
    flow.provider.identity = OTHER
    flow.context.advance(1)
    await browser.reachConsent(flow.authorizeUrl(await flow.addClient(), { prompt: 'login' }))
    const answer = await browser.press(page, 'approve')
    expect(answer.status).toBe(403)
    expect(await issuedCodes()).toBe(0)
  })

  it('shown to a browser that signed out leads to signing in again', async () => {
    const page = await ask()
    const out = await browser.press(page, 'sign-in')
    expect(out.location?.pathname).toBe('/sign-in')
    expect((await browser.press(page, 'approve')).page.text).toContain('Sign in with GitHub')
    const again = await browser.get(out.location?.href ?? '')
    expect((await browser.press(again, 'github')).location?.searchParams.get('prompt')).toBe('select_account')
  })

  it('is over after 15 minutes', async () => {
    const page = await ask()
    flow.context.advance(901)
    expect((await browser.press(page, 'approve')).page.title).toContain('That took too long')
  })
})

describe('what changed since the question was asked', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['the client was deleted', () => flow.context.stores.clients.delete(client.clientId)],
    ['the redirect URI was withdrawn', () => flow.context.stores.clients.update({ ...client, redirectUris: [WEB_URI] })],
  ])('%s: no code goes to the old place (CBK-09, REG-15)', async (_what, change) => {
    const page = await ask()
    await change()
    const answer = await browser.press(page, 'approve')
    expect([answer.status, answer.page.refresh, answer.location]).toEqual([400, undefined, undefined])
    expect((await browser.get(`/consent?request=${page.page.forms[0]?.fields[0]?.value}`)).status).toBe(400)
    expect(await issuedCodes()).toBe(0)
  })
})

describe('a person who is not on the server’s own list', () => {
  it('is told which account it is and what the operator can do, and asked nothing', async () => {
    const answer = await ask({ resource: 'https://gate.test/private/mcp', scope: 'mcp' })
    expect(answer.status).toBe(403)
    expect(answer.page.text).toContain('github:octocat')
    expect(answer.text).not.toContain('name="decision"')
    const back = answer.page.links.find(({ href }) => href.startsWith('http://127.0.0.1:53123/callback'))
    expect(new URL(back?.href ?? '').searchParams.get('error')).toBe('access_denied')
  })
})

describe('a person who said yes before', () => {
  beforeEach(async () => {
    client = await flow.addClient({ redirectUris: [WEB_URI] })
    await browser.press(await ask(), 'approve')
  })

  const again = (changes: Record<string, string | undefined>, headers: Record<string, string | undefined> = {}) =>
    browser
      .get(flow.authorizeUrl(client, { scope: 'read write', ...changes }), headers)
      .then((answer) => browser.get(answer.location?.href ?? '', headers))

  it('is not asked the same again when they came by themselves (decision 5)', async () => {
    expect(onwardOf(await again({})).searchParams.has('code')).toBe(true)
    expect(onwardOf(await again({ prompt: 'none' })).searchParams.has('code')).toBe(true)
  })

  it.each<[string, Record<string, string | undefined>, Record<string, string | undefined>]>([
    ['another site sent them', {}, { 'sec-fetch-site': 'cross-site' }],
    ['the browser does not say who sent them', {}, { 'sec-fetch-site': undefined }],
    ['the browser looks ahead', {}, { 'sec-purpose': 'prefetch;prerender' }],
    ['the client wants it', { prompt: 'consent' }, {}],
    ['the scopes are others', { scope: 'read' }, {}],
    ['the server is another', { resource: 'https://gate.test', scope: 'mcp' }, {}],
  ])('is asked when %s (CON-05)', async (_what, changes, headers) => {
    const answer = await again(changes, headers)
    expect(answer.page.refresh).toBeUndefined()
    expect(answer.page.text).toContain('Allow “Test client”')
    expect(answer.page.text).toContain('You allowed it before')
  })

  it('is asked for another redirect URI of the same client (CON-05)', async () => {
    const uri = `${WEB_URI}/other`
    client = await flow.addClient({ redirectUris: [WEB_URI, uri] })
    await browser.press(await ask(), 'approve')
    expect(onwardOf(await again({})).searchParams.has('code')).toBe(true)
    const answer = await again({ redirect_uri: uri })
    expect(answer.page.refresh).toBeUndefined()
    expect(answer.page.text).toContain('Allow “Test client”')
  })

  it('is nobody else: another person is asked, in the same browser too (CON-05)', async () => {
    flow.provider.identity = OTHER
    flow.context.advance(1)
    const question = await browser.reachConsent(flow.authorizeUrl(client, { scope: 'read write', prompt: 'login' }))
    expect(question.page.text).toContain('hubot')
    expect(question.page.text).not.toContain('You allowed it before')
  })

  it('is asked for another client of the same name (CON-05)', async () => {
    client = await flow.addClient({ redirectUris: [WEB_URI] })
    const answer = await again({})
    expect(answer.page.text).toContain('Allow “Test client”')
    expect(answer.page.text).not.toContain('You allowed it before')
  })

  it('is asked by a program on their device each time, for any program could be it (RFC 8252 §8.6)', async () => {
    client = await flow.addClient()
    expect(onwardOf(await browser.press(await ask(), 'approve')).searchParams.has('code')).toBe(true)
    expect((await again({})).page.text).toContain('Allow “Test client”')
  })

  it('with prompt=none and another question is told consent_required, and gets no code (AUT-09)', async () => {
    const answer = await again({ prompt: 'none', scope: 'read' })
    expect(answer.location?.searchParams.get('error')).toBe('consent_required')
  })

  it('and who has left ALLOWED_USERS since is signed in no more (CON-17)', async () => {
    const strict = await createFlow({
      replicaOf: flow.context,
      environment: { ALLOWED_USERS: 'github:hubot' },
      servers: { memory: { command: 'x', scopes: { read: ['get_*'], write: ['set_*'] } } },
    })
    const elsewhere = strict.browser()
    for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value)
    expect((await elsewhere.get(strict.authorizeUrl(client, { scope: 'read write' }))).page.text).toContain('Sign in with GitHub')
  })
})
