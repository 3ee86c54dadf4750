import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { challengeOf, newVerifier, OAuthClient, readTokens } from '../support/oauth-client.ts'
import { createPerson, StuckError, type Visit } from '../support/person.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

const client = new OAuthClient(gateway.server())
await client.discover()
await client.register()
const stranger = () => createPerson({ password: PASSWORD })
/** Signed in once: scrypt is slow. */
const person = stranger()

/** The page on which a request stops. */
async function stop(url: URL): Promise<Visit> {
  const arrival = await stranger().open(url, client.redirectUri)
  if (arrival.kind === 'client') throw new Error(`went on to the client: ${arrival.url.search}`)
  return arrival.visit
}

describe('an authorization request', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['no state', { state: undefined }],
    ['a state with = and : and + and %', { state: 'dnM=:user+1%20/?&#"<>' }],
    ['a state in other letters', { state: 'прапор-旗-🏴' }],
    ['a state of 4,096 characters', { state: 's'.repeat(4096) }],
    ['a state with a line break', { state: 'a\r\nSet-Cookie: x=1' }],
    ['prompt=consent', { prompt: 'consent' }],
    ['no scope', { scope: undefined }],
    ['an empty scope', { scope: '' }],
    ['scopes that nobody has', { scope: 'claudeai openid email profile' }],
    ['no resource', { resource: undefined }],
    ['parameters that nobody knows', { audience: 'x', access_type: 'offline', nonce: 'n-1', login_hint: 'ada' }],
  ])('with %s is taken, and state comes back byte for byte (rules 16, 24, AUT-06)', async (_what, changes) => {
    const attempt = client.prepareAuthorization(changes)
    const answer = await client.authorize(person, attempt)
    const tokens = readTokens(await client.exchange(answer.get('code') ?? '', attempt))
    expect(tokens.scope.split(' ')).toContain('mcp')
    expect(tokens.scope).not.toContain('claudeai')
  })

  it.each<[string, (resource: string) => string]>([
    ['as published', (resource) => resource],
    ['with a slash at the end', (resource) => `${resource}/`],
    ['with the host in capitals', (resource) => resource.replace('localhost', 'LOCALHOST')],
  ])('may spell the resource %s, at authorize, token and refresh (rule 25)', async (_what, spell) => {
    const resource = spell(gateway.server())
    const attempt = client.prepareAuthorization({ resource })
    const answer = await client.authorize(person, attempt)
    const tokens = readTokens(await client.exchange(answer.get('code') ?? '', attempt, { resource }))
    expect(await client.knock(tokens.access_token)).toBe('open')
    expect((await client.refresh(tokens.refresh_token, { resource })).status).toBe(200)
  })

  it('may name the same resource several times (rule 25)', async () => {
    const attempt = client.prepareAuthorization()
    attempt.url.searchParams.append('resource', gateway.server())
    expect((await client.authorize(person, attempt)).has('code')).toBe(true)
  })

  it.each<[string, Record<string, string | undefined>, string]>([
    ['a resource of somebody else', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['a resource with a fragment', { resource: `${gateway.server()}#x` }, 'invalid_target'],
    ['a resource that is no URL', { resource: 'echo' }, 'invalid_target'],
    ['no code_challenge', { code_challenge: undefined }, 'invalid_request'],
    ['no code_challenge_method', { code_challenge_method: undefined }, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['the method s256', { code_challenge_method: 's256' }, 'invalid_request'],
    ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
    ['a challenge in a wrong alphabet', { code_challenge: `${'a'.repeat(42)}+` }, 'invalid_request'],
    ['response_type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['response_type id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['a request_uri', { request_uri: 'https://evil.example/r' }, 'request_uri_not_supported'],
    ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
  ])('with %s never yields a code, and says why (rules 24, 26, AUT-03 to 09)', async (_what, changes, error) => {
    const attempt = client.prepareAuthorization(changes)
    // To the client with error, state and iss, or to a page: an automatic redirect to an unverified client is not owed (AUT-13).
    const arrival = await stranger().open(attempt.url, client.redirectUri)
    if (arrival.kind === 'client') {
      expect(Object.fromEntries(arrival.url.searchParams)).toMatchObject({ error, state: attempt.state, iss: gateway.url })
      expect(arrival.url.searchParams.getAll('iss')).toHaveLength(1)
      return
    }
    expect(arrival.visit.status).toBe(400)
    const onward =
      arrival.visit.page.refresh ?? arrival.visit.page.links.find((link) => link.href.startsWith(client.redirectUri))?.href
    if (onward !== undefined) {
      expect(Object.fromEntries(new URL(onward).searchParams)).toMatchObject({ error, state: attempt.state, iss: gateway.url })
    }
    expect(arrival.visit.html).not.toContain('cod_')
  })

  it.each<[string, (url: URL) => void]>([
    ['an unknown client', (url) => url.searchParams.set('client_id', 'cli_nobody')],
    ['no client', (url) => url.searchParams.delete('client_id')],
    ['no redirect URI of a client with several', (url) => url.searchParams.delete('redirect_uri')],
    ['a redirect URI that was not registered', (url) => url.searchParams.set('redirect_uri', 'https://evil.example/cb')],
    ['another path', (url) => url.searchParams.set('redirect_uri', `${client.redirectUri}/x`)],
    [
      'a path in other letters',
      (url) => url.searchParams.set('redirect_uri', client.redirectUri.replace('callback', 'Callback')),
    ],
    [
      'another loopback name',
      (url) => url.searchParams.set('redirect_uri', client.redirectUri.replace('127.0.0.1', 'localhost')),
    ],
    ['an added query', (url) => url.searchParams.set('redirect_uri', `${client.redirectUri}?x=1`)],
    ['%2F for a slash', (url) => url.searchParams.set('redirect_uri', client.redirectUri.replace('/callback', '%2Fcallback'))],
    ['two client ids', (url) => url.searchParams.append('client_id', 'cli_other')],
    ['two redirect URIs', (url) => url.searchParams.append('redirect_uri', 'https://evil.example/cb')],
  ])('with %s stops on a page and never redirects (rule 21, AUT-01)', async (what, change) => {
    const { url } = client.prepareAuthorization()
    change(url)
    const response = await send(url, { headers: { accept: 'text/html' } })
    // One registered URI may be left out by RFC 6749 §3.1.2.3; ours may ask for it all the same.
    if (what.startsWith('no redirect URI') && response.status !== 400) return
    expect(response.status).toBe(400)
    expect(response.headers.location).toBeUndefined()
    expect(response.headers['content-type']).toMatch(/^text\/html/)
    expect(response.text).not.toContain('http-equiv="refresh"')
  })

  it('of an unknown client is refused in JSON to a program that asks for JSON (rule 21)', async () => {
    const { url } = client.prepareAuthorization({ client_id: 'cli_nobody' })
    const response = await send(url, { headers: { accept: 'application/json' } })
    expect(response.status).toBe(400)
    expect(response.json().error).toBe('invalid_client')
  })

  it('can be asked for by a program first, without cookies, and by the browser after (rule 23)', async () => {
    const attempt = client.prepareAuthorization()
    for (const accept of ['application/json', '*/*']) {
      const response = await send(attempt.url, { headers: { accept } })
      expect([200, 302, 303]).toContain(response.status)
    }
    expect((await client.authorize(person, attempt)).has('code')).toBe(true)
  })

  it('can be open in two tabs at once (rule 23)', async () => {
    const [first, second] = [client.prepareAuthorization(), client.prepareAuthorization()]
    const browser = stranger()
    await browser.open(first.url, client.redirectUri)
    expect((await client.authorize(browser, second)).has('code')).toBe(true)
    expect((await client.authorize(browser, first)).has('code')).toBe(true)
  })

  it('leads to any port of a loopback redirect URI, and to its own query (rules 19, 26)', async () => {
    const redirectUri = 'http://127.0.0.1:1/callback?own=1'
    const other = new OAuthClient(gateway.server(), { redirectUri: redirectUri.replace(':1/', ':60001/') })
    await other.discover()
    await other.register({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', client_name: 'Any port' })
    const attempt = other.prepareAuthorization()
    const answer = await other.authorize(person, attempt)
    expect(answer.get('own')).toBe('1')
    expect((await other.exchange(answer.get('code') ?? '', attempt)).status).toBe(200)
  })
})

describe('the consent page', () => {
  async function consentPage() {
    const attempt = client.prepareAuthorization()
    const browser = stranger()
    const signIn = await browser.open(attempt.url, client.redirectUri)
    if (signIn.kind !== 'page') throw new Error('no sign-in page')
    const form = signIn.visit.page.forms.find((candidate) => candidate.fields.some((field) => field.name === 'password'))
    const arrival = await browser.press(
      signIn.visit,
      form?.buttons[0] ?? { name: undefined, value: '' },
      { password: PASSWORD },
      client.redirectUri,
    )
    if (arrival.kind !== 'page') throw new Error('no consent page')
    return { attempt, browser, visit: arrival.visit }
  }

  it('names the client, where it leads, the server and what it may do (CON-01)', async () => {
    const { visit } = await consentPage()
    expect(visit.page.text).toContain('Test client')
    expect(visit.page.text).toContain('127.0.0.1:53123')
    expect(visit.page.text).toContain('echo')
    expect(visit.page.forms.flatMap((form) => form.buttons.map((button) => `${button.name}=${button.value}`))).toEqual(
      expect.arrayContaining(['decision=approve', 'decision=deny']),
    )
  })

  it('holds no form-action and may not be framed (rule 27, CON-12, WEB-01)', async () => {
    const { visit } = await consentPage()
    const policy = String(visit.headers['content-security-policy'])
    expect(policy).not.toContain('form-action')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("default-src 'none'")
    expect(visit.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(visit.headers['cache-control']).toContain('no-store')
  })

  it('can be answered twice: the second click gets the same code (rule 27, CON-08)', async () => {
    const { attempt, browser, visit } = await consentPage()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => browser.press(visit, { name: 'decision', value: 'approve' }, {}, client.redirectUri)),
    )
    const codes = new Set(
      answers.map((arrival) => {
        const url = arrival.kind === 'client' ? arrival.url : new URL(arrival.visit.page.refresh ?? 'http://none/')
        return url.searchParams.get('code')
      }),
    )
    expect(codes.size).toBe(1)
    expect((await client.exchange([...codes][0] ?? '', attempt)).status).toBe(200)
  })

  it('lets nobody approve after a deny (CON-06)', async () => {
    const { browser, visit } = await consentPage()
    await browser.press(visit, { name: 'decision', value: 'deny' }, {}, client.redirectUri)
    const arrival = await browser.press(visit, { name: 'decision', value: 'approve' }, {}, client.redirectUri)
    const html = arrival.kind === 'client' ? arrival.url.href : arrival.visit.html
    expect(html).not.toContain('code=cod_')
  })

  it('is worth nothing in a browser that did not open it', async () => {
    const { visit } = await consentPage()
    const other = stranger()
    const arrival = await other.press(visit, { name: 'decision', value: 'approve' }, {}, client.redirectUri)
    expect(arrival.kind).toBe('page')
    expect(arrival.kind === 'page' && arrival.visit.html).not.toContain('code=cod_')
  })

  it('keeps cookies as strictly as a browser can (CON-09)', async () => {
    const { browser } = await consentPage()
    expect(browser.jar.dropped).toEqual([])
    expect(browser.jar.list().length).toBeGreaterThan(0)
    for (const cookie of browser.jar.list()) {
      expect(cookie.name).toMatch(/^__Host-/)
      expect(cookie).toMatchObject({ path: '/', httpOnly: true })
    }
  })
})

describe('a code', () => {
  const freshCode = async () => {
    const attempt = client.prepareAuthorization()
    return { attempt, code: (await client.authorize(person, attempt)).get('code') ?? '' }
  }

  it.each([
    [59, 200],
    [61, 400],
  ])('aged %i seconds is answered with %i (rule 28, TOK-09)', async (age, status) => {
    const { attempt, code } = await freshCode()
    gateway.clock.advance(age)
    expect((await client.exchange(code, attempt)).status).toBe(status)
  })

  it.each<[string, Record<string, string | undefined>, string]>([
    ['a wrong verifier', { code_verifier: newVerifier() }, 'invalid_grant'],
    ['the challenge as verifier', { code_verifier: challengeOf('x') }, 'invalid_grant'],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:53123/other' }, 'invalid_grant'],
    ['another resource', { resource: gateway.server('other') }, 'invalid_target'],
  ])('is not spent by %s: the right request still works (TOK-02, TOK-05)', async (_what, changes, error) => {
    const { attempt, code } = await freshCode()
    const refusal = await client.exchange(code, attempt, changes)
    expect(refusal.status).toBe(400)
    expect(refusal.json().error).toBe(error)
    expect((await client.exchange(code, attempt)).status).toBe(200)
  })

  it('is not spent by another client (TOK-04)', async () => {
    const thief = new OAuthClient(gateway.server())
    await thief.discover()
    await thief.register({ redirect_uris: [client.redirectUri], client_name: 'Thief', token_endpoint_auth_method: 'none' })
    const { attempt, code } = await freshCode()
    expect((await thief.exchange(code, attempt)).json().error).toBe('invalid_grant')
    expect((await client.exchange(code, attempt)).status).toBe(200)
  })

  it('cannot be guessed at for long: five wrong proofs end it (D2)', async () => {
    const { attempt, code } = await freshCode()
    for (let guess = 0; guess < 5; guess++) await client.exchange(code, attempt, { code_verifier: newVerifier() })
    expect((await client.exchange(code, attempt)).json().error).toBe('invalid_grant')
  })

  it('that comes again with everything right ends what it yielded, decision 3', async () => {
    const { attempt, code } = await freshCode()
    const tokens = readTokens(await client.exchange(code, attempt))
    expect((await client.exchange(code, attempt)).json().error).toBe('invalid_grant')
    expect(await client.knock(tokens.access_token)).toBe(401)
    expect((await client.refresh(tokens.refresh_token)).json().error).toBe('invalid_grant')
  })

  it('that comes again with a wrong verifier harms nobody, decision 3', async () => {
    const { attempt, code } = await freshCode()
    const tokens = readTokens(await client.exchange(code, attempt))
    expect((await client.exchange(code, attempt, { code_verifier: newVerifier() })).json().error).toBe('invalid_grant')
    expect(await client.knock(tokens.access_token)).toBe('open')
  })

  it('redeemed by 50 at once yields one token set at most (TOK-08)', async () => {
    const { attempt, code } = await freshCode()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.exchange(code, attempt)))
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status >= 500)).toHaveLength(0)
  })
})

describe('a person', () => {
  it('sees where a request stopped, without a stack or a secret', async () => {
    const { url } = client.prepareAuthorization({ redirect_uri: 'https://evil.example/cb' })
    const visit = await stop(url)
    expect(visit.page.text).not.toMatch(/at \w+ \(|node:internal/)
    await expect(person.authorize(url)).rejects.toThrow(StuckError)
  })
})
