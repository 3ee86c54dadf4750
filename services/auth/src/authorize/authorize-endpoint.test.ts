import { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RegisteredClient } from '../oauth/client.ts'
import { readCode } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { CHALLENGE, createFlow, type Flow, LOOPBACK_URI, onwardOf, WEB_URI } from '../testing/sign-in-flow.ts'

let flow: Flow
let program: RegisteredClient
let site: RegisteredClient
beforeAll(async () => {
  flow = await createFlow({
    servers: { memory: { command: 'x', scopes: { read: ['get_*'], write: ['set_*'] } }, docs: { url: 'http://docs/mcp' } },
  })
  program = await flow.addClient()
  site = await flow.addClient({ redirectUris: [WEB_URI] })
})
afterAll(() => flow.app.close())

const FAULTS: [what: string, changes: Record<string, string | undefined>, error: string][] = [
  ['a foreign resource', { resource: 'https://elsewhere.test/mcp' }, 'invalid_target'],
  ['two different resources', { resource: 'https://gate.test/memory/mcp https://gate.test/docs/mcp' }, 'invalid_target'],
  ['no code_challenge', { code_challenge: undefined }, 'invalid_request'],
  ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['no method, which means plain', { code_challenge_method: undefined }, 'invalid_request'],
  ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
  ['a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }, 'invalid_request'],
  ['a challenge with padding', { code_challenge: `${'a'.repeat(42)}=` }, 'invalid_request'],
  ['response_type token', { response_type: 'token' }, 'unsupported_response_type'],
  ['response_type "code id_token"', { response_type: 'code id_token' }, 'unsupported_response_type'],
  ['response_type none', { response_type: 'none' }, 'unsupported_response_type'],
  ['no response_type', { response_type: undefined }, 'invalid_request'],
  ['response_mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['response_mode form_post', { response_mode: 'form_post' }, 'invalid_request'],
  ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
  ['a request_uri', { request_uri: 'https://evil.test/r' }, 'request_uri_not_supported'],
  ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
  ['a nonce of 513 characters', { nonce: 'n'.repeat(513) }, 'invalid_request'],
  ['a max_age that is no number', { max_age: '1e3' }, 'invalid_request'],
  ['prompt=none beside another', { prompt: 'none login' }, 'invalid_request'],
]

describe('a request with a fault', () => {
  it.each(FAULTS)(
    '%s goes back to a program on this device, with state and iss once (AUT-03 to 09)',
    async (_what, changes, error) => {
      const answer = await flow.browser().get(flow.authorizeUrl(program, changes))
      expect(answer.status).toBe(303)
      expect(answer.headers['set-cookie']).toBeUndefined()
      const params = answer.location?.searchParams
      expect(`${answer.location?.origin}${answer.location?.pathname}`).toBe(LOOPBACK_URI)
      expect(params?.get('error')).toBe(error)
      // RFC 6749 §4.1.2.1: no characters outside %x20-21, %x23-5B, %x5D-7E.
      expect(params?.get('error_description')).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      expect(params?.getAll('state')).toEqual(['st-1'])
      expect(params?.getAll('iss')).toEqual(['https://gate.test'])
    },
  )

  it.each(FAULTS)('%s ends on a page for a web site that nobody let in yet (AUT-13)', async (_what, changes, error) => {
    const answer = await flow.browser().get(flow.authorizeUrl(site, changes))
    expect(answer.status).toBe(400)
    expect(answer.location).toBeUndefined()
    expect(answer.page.refresh).toBeUndefined()
    expect(answer.page.text).toContain('client.test')
    const link = new URL(answer.page.links[0]?.href ?? '')
    expect(Object.fromEntries(link.searchParams)).toMatchObject({ error, state: 'st-1', iss: 'https://gate.test' })
  })

  it('about a request object, by value or by reference, makes us fetch nothing (AUT-07)', async () => {
    const connect = vi.spyOn(Socket.prototype, 'connect')
    for (const changes of [
      { request: 'e30.e30.' },
      { request_uri: 'https://evil.test/r' },
      { request_uri: 'http://127.0.0.1:1/r' },
    ]) {
      const answer = await flow.browser().get(flow.authorizeUrl(program, changes))
      expect(answer.location?.searchParams.get('error')).toMatch(/^request(_uri)?_not_supported$/)
    }
    expect(connect).not.toHaveBeenCalled()
    connect.mockRestore()
  })

  it('goes back to a web site that the signed-in person let in before, and only in their browser (AUT-13)', async () => {
    const browser = flow.browser()
    await browser.press(await browser.reachConsent(flow.authorizeUrl(site)), 'approve')
    const faulty = flow.authorizeUrl(site, { response_type: 'token' })
    expect((await browser.get(faulty)).location?.host).toBe('client.test')
    expect((await flow.browser().get(faulty)).location).toBeUndefined()
  })

  it('goes back to a client that redeems no codes, before anybody is asked', async () => {
    const client = await flow.addClient({ grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] })
    const answer = await flow.browser().get(flow.authorizeUrl(client))
    expect(answer.location?.searchParams.get('error')).toBe('unauthorized_client')
  })

  it('goes back to an app on this device', async () => {
    const app = await flow.addClient({ redirectUris: ['cursor://anysphere.cursor-mcp/oauth/callback'] })
    const answer = await flow.browser().get(flow.authorizeUrl(app, { response_type: 'token' }))
    expect(answer.headers.location).toMatch(
      /^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?error=unsupported_response_type&/,
    )
  })
})

describe('a request whose client or redirect URI is not certain', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['an unknown client', { client_id: 'cli_unknown' }],
    ['no client', { client_id: undefined }],
    ['a client id that is a URL nobody serves', { client_id: 'https://evil.test/client.json' }],
    ['another redirect URI', { redirect_uri: 'https://evil.test/' }],
    ['a redirect URI with a slash more', { redirect_uri: `${LOOPBACK_URI}/` }],
    ['a redirect URI that runs code', { redirect_uri: 'javascript:alert(1)' }],
    ['a state of more than 8 KB', { state: 's'.repeat(8193) }],
    ['a state of more than 4 KB of other bytes', { state: '旗'.repeat(1366) }],
  ])('%s ends on a page, never on a redirect (rule 21, AUT-01)', async (_what, changes) => {
    const answer = await flow.browser().get(flow.authorizeUrl(program, changes))
    expect(answer.status).toBe(400)
    expect(answer.location).toBeUndefined()
    expect(answer.page.refresh).toBeUndefined()
    expect(answer.page.links).toEqual([])
    expect(answer.headers['content-type']).toContain('text/html')
  })

  it.each([
    ['application/json', 'json'],
    ['application/json, text/html;q=0.5', 'json'],
    ['text/html, application/json;q=0.5', 'html'],
    ['*/*', 'html'],
    [undefined, 'html'],
  ])('is told in the form that Accept %s prefers: %s (rule 21)', async (accept, form) => {
    const answer = await flow.browser().get(flow.authorizeUrl(program, { client_id: 'cli_unknown' }), { accept })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toContain(form)
    if (form === 'json') expect(JSON.parse(answer.text).error).toBe('invalid_client')
    else expect(answer.page.text).toContain('Claude Code')
  })

  it('may leave out a redirect URI when there is one only', async () => {
    expect((await flow.browser().get(flow.authorizeUrl(program, { redirect_uri: undefined }))).status).toBe(200)
    const two = await flow.addClient({ redirectUris: [LOOPBACK_URI, WEB_URI] })
    expect((await flow.browser().get(flow.authorizeUrl(two, { redirect_uri: undefined }))).status).toBe(400)
  })
})

describe('a right request', () => {
  it('shows the ways to sign in, names who asks, and stores nothing (rule 23)', async () => {
    const before = await rows()
    const browser = flow.browser()
    const [first, second] = [await browser.get(flow.authorizeUrl(program)), await browser.get(flow.authorizeUrl(program))]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(first.page.text).toContain('Test client')
    expect(first.page.text).toContain('127.0.0.1:53123')
    expect(first.page.forms.flatMap(({ buttons }) => buttons.map(({ value }) => value))).toEqual(['github', 'oidc', ''])
    expect([...browser.cookies.keys()]).toEqual(['__Host-gatehouse-browser'])
    expect(second.headers['set-cookie']).toBeUndefined()
    expect(await rows()).toEqual(before)
  })

  it('may come by POST, from a page of another site, which brings no cookies', async () => {
    const browser = flow.browser()
    await browser.get(flow.authorizeUrl(program))
    const cookies = new Map(browser.cookies)
    const fields = Object.fromEntries(new URLSearchParams(flow.authorizeUrl(program).split('?')[1]))
    const answer = await flow
      .browser()
      .post('/authorize', fields, { 'sec-fetch-site': 'cross-site', origin: 'https://site.test' })
    expect(answer.status).toBe(303)
    expect(answer.headers['set-cookie']).toBeUndefined()
    const page = await browser.get(answer.location?.href ?? '', { 'sec-fetch-site': 'cross-site' })
    expect(page.page.text).toContain('Sign in with GitHub')
    expect(browser.cookies).toEqual(cookies)
  })

  it.each([
    ['asked for', 'read write', ['read', 'write']],
    ['unknown beside known', 'claudeai write admin', ['write']],
    ['nothing known', 'claudeai', ['read']],
    ['nothing', undefined, ['read']],
    ['OpenID Connect', 'openid email read', ['read', 'openid', 'email']],
  ])('with scope %s asks for what the server offers, never more (rule 16, AUT-14)', async (_what, scope, expected) => {
    const browser = flow.browser()
    const client = await flow.addClient()
    await browser.press(await browser.reachConsent(flow.authorizeUrl(client, { scope })), 'approve')
    expect((await grantOf(client)).scopes).toEqual(expected)
  })

  it('limits a client of the operator to the scopes that they gave it (AUT-14)', async () => {
    const configured = await flow.addClient({ source: 'configured' as 'registered', scope: 'read' })
    const browser = flow.browser()
    await browser.press(await browser.reachConsent(flow.authorizeUrl(configured, { scope: 'read write' })), 'approve')
    expect((await grantOf(configured)).scopes).toEqual(['read'])
  })

  it('gives a client of the operator nothing of a server whose scopes are not among its own (AUT-14)', async () => {
    const configured = await flow.addClient({ source: 'configured' as 'registered', scope: 'mcp' })
    for (const scope of ['read', 'read mcp', 'openid', undefined]) {
      const answer = await flow.browser().get(flow.authorizeUrl(configured, { scope }))
      expect(answer.location?.searchParams.get('error')).toBe('invalid_scope')
    }
  })

  it('with max_age asks a person whose sign-in is older to sign in again (OpenID Connect Core §3.1.2.1)', async () => {
    const browser = flow.browser()
    await browser.reachConsent(flow.authorizeUrl(program))
    flow.context.advance(61)
    expect((await browser.get(flow.authorizeUrl(program, { max_age: '600' }))).location?.pathname).toBe('/consent')
    expect((await browser.get(flow.authorizeUrl(program, { max_age: '60' }))).page.text).toContain('Sign in with GitHub')
    const silent = await browser.get(flow.authorizeUrl(program, { max_age: '60', prompt: 'none' }))
    expect(silent.location?.searchParams.get('error')).toBe('login_required')
    const again = await browser.reachConsent(flow.authorizeUrl(program, { max_age: '60' }))
    expect(again.page.text).toContain('Allow “Test client”')
  })

  it('keeps when the person signed in, for the ID token', async () => {
    const browser = flow.browser()
    const client = await flow.addClient()
    const signedInAt = Math.floor(flow.context.clock() / 1000)
    const consent = await browser.reachConsent(flow.authorizeUrl(client))
    flow.context.advance(30)
    const code = readCode(onwardOf(await browser.press(consent, 'approve')).searchParams.get('code') ?? '')
    const found = await flow.context.stores.grants.findCode(code?.grantId ?? '', code?.codeHash ?? '')
    expect(found).toMatchObject({ code: { authTime: signedInAt } })
  })

  it.each(['login', 'select_account'])('with prompt=%s asks a signed-in person to sign in again', async (prompt) => {
    const browser = flow.browser()
    await browser.reachConsent(flow.authorizeUrl(program))
    flow.context.advance(5)
    const signIn = await browser.get(flow.authorizeUrl(program, { prompt }))
    expect(signIn.page.text).toContain('Sign in with GitHub')
    const away = await browser.press(signIn, 'github')
    expect(away.location?.searchParams.get('prompt')).toBe('select_account')
    const again = await browser.reachConsent(flow.authorizeUrl(program, { prompt }))
    expect(again.page.text).toContain('Allow “Test client”')
  })

  it('is answered to no other site: no CORS, also on a preflight (rule 41, AUT-11)', async () => {
    for (const method of ['GET', 'OPTIONS', 'PUT'] as const) {
      const response = await flow.app.inject({
        method,
        url: flow.authorizeUrl(program),
        headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
      })
      expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
      expect(response.statusCode).toBe(method === 'GET' ? 200 : 405)
      if (method !== 'GET') expect(response.headers.allow).toBe('GET, HEAD, POST')
    }
  })

  it('is a 503 with Retry-After while the store is away, not a refusal (FLT-01)', async () => {
    const down = await createFlow()
    const client = await down.addClient()
    down.context.stores.clients.find = () => Promise.reject(new StoreUnavailableError('gone'))
    const answer = await down.browser().get(down.authorizeUrl(client))
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
    expect(answer.page.title).toContain('One moment')
  })

  it('keeps its PKCE challenge, nonce and redirect URI for the code', async () => {
    const browser = flow.browser()
    const client = await flow.addClient({ redirectUris: ['http://127.0.0.1/cb'] })
    const url = flow.authorizeUrl(client, { redirect_uri: 'http://127.0.0.1:4711/cb', nonce: 'n-7' })
    const onward = onwardOf(await browser.press(await browser.reachConsent(url), 'approve'))
    const code = readCode(onward.searchParams.get('code') ?? '')
    const found = await flow.context.stores.grants.findCode(code?.grantId ?? '', code?.codeHash ?? '')
    expect(found).toMatchObject({
      outcome: 'live',
      grant: { redirectUri: 'http://127.0.0.1:4711/cb', resource: 'https://gate.test/memory/mcp' },
      code: { redirectUri: 'http://127.0.0.1:4711/cb', codeChallenge: CHALLENGE, nonce: 'n-7' },
    })
  })
})

async function grantOf(client: RegisteredClient): Promise<Grant> {
  const [found] = await flow.context.stores.grants.listByClient(client.clientId)
  if (!found) throw new Error('nothing was granted')
  return found.grant
}

/** What the stores hold, as far as this step writes. */
const rows = async () => ({
  grants: (await flow.context.stores.grants.listByClient(program.clientId)).length,
  attempts: flow.provider.completions,
})
