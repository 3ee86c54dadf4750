import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, it } from 'vitest'
import { CookieJar } from './cookie-jar.ts'
import { startFakeGithub } from './fake-github.ts'
import { readPage } from './html.ts'
import { encodeForm, form, send } from './http.ts'
import { startOidcProvider } from './oidc-provider.ts'
import { createPerson, StuckError } from './person.ts'

const github = await startFakeGithub()
const oidc = await startOidcProvider()
afterAll(() => Promise.all([github.close(), oidc.close()]))

describe('the GitHub double', () => {
  const REDIRECT = 'http://localhost:8080/callback/github'
  const authorizeUrl = (extra: Record<string, string> = {}) =>
    `${github.url}/login/oauth/authorize?${new URLSearchParams({ client_id: github.clientId, redirect_uri: REDIRECT, state: 's1', scope: 'read:user user:email read:org', ...extra })}`
  const codeFor = async (extra?: Record<string, string>) =>
    (await createPerson().authorize(authorizeUrl(extra))).searchParams.get('code') ?? ''
  const exchange = (fields: Record<string, string>) =>
    send(`${github.url}/login/oauth/access_token`, {
      method: 'POST',
      ...form({ client_id: github.clientId, client_secret: github.clientSecret, ...fields }),
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    })
  const api = (path: string, token: unknown) =>
    send(`${github.url}${path}`, { headers: { authorization: `token ${token}`, 'user-agent': 'test' } })

  it('signs a person in, once per code, on both API paths', async () => {
    const code = await codeFor()
    const token = (await exchange({ code })).json().access_token
    expect((await api('/api/v3/user', token)).json()).toMatchObject({ id: 583231, login: 'octocat' })
    expect((await api('/user/emails', token)).text).toContain('octocat@example.com')
    expect((await exchange({ code })).json()).toMatchObject({ error: 'bad_verification_code' })
  })

  it.each([
    ['a code it never gave', { code: 'nope' }, 'bad_verification_code'],
    ['a wrong client secret', { code: 'nope', client_secret: 'wrong' }, 'incorrect_client_credentials'],
  ])('refuses %s with 200 and an error, as GitHub does', async (_what, fields, error) => {
    const response = await exchange(fields)
    expect(response.status).toBe(200)
    expect(response.json()).toMatchObject({ error })
  })

  it('holds a code against its PKCE challenge', async () => {
    const code = await codeFor({ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' })
    expect((await exchange({ code, code_verifier: 'wrong' })).json()).toMatchObject({ error: 'bad_verification_code' })
  })

  it('shows a page whose buttons approve and deny', async () => {
    github.setDecision('page')
    expect((await createPerson().authorize(authorizeUrl())).searchParams.has('code')).toBe(true)
    const denied = await createPerson({ decision: 'deny' }).authorize(authorizeUrl())
    expect(denied.searchParams.get('error')).toBe('access_denied')
    expect(denied.searchParams.get('state')).toBe('s1')
    github.setDecision('approve')
  })

  it('pages through organisations and wants the scope for them', async () => {
    github.setUser({ id: 7, login: 'many', orgs: Array.from({ length: 31 }, (_, index) => `org-${index}`) })
    const token = (await exchange({ code: await codeFor() })).json().access_token
    const first = await api('/api/v3/user/orgs', token)
    expect(JSON.parse(first.text)).toHaveLength(30)
    expect(first.headers.link).toContain('page=2')
    const bare = (await exchange({ code: await codeFor({ scope: 'read:user' }) })).json().access_token
    expect((await api('/api/v3/user/orgs', bare)).status).toBe(403)
  })
})

describe('the OpenID provider', () => {
  it('signs a person in by itself and tells who they are', async () => {
    const listener = createServer((_request, response) => response.end('ok'))
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const redirectUri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback/oidc`
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(oidc.issuer)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
    const client = { client_id: oidc.clientId }
    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = encodeForm({
      client_id: oidc.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid email profile groups',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 's2',
      nonce: 'n1',
    })
    const answer = oauth.validateAuthResponse(server, client, await createPerson({ deliver: true }).authorize(url), 's2')
    const secret = oauth.ClientSecretBasic(oidc.clientSecret)
    const response = await oauth.authorizationCodeGrantRequest(server, client, secret, answer, redirectUri, verifier, insecure)
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: 'n1' })
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: 'ada-5512' })
    const info = await oauth.userInfoRequest(server, client, tokens.access_token, insecure)
    expect(await info.json()).toMatchObject({
      email: 'ada@example.com',
      email_verified: true,
      groups: ['engineering', 'mcp-users'],
    })
    expect(oidc.errors).toEqual([])
    listener.close()
  })

  it('carries a refusal back', async () => {
    oidc.setDecision('deny')
    const url = `${oidc.issuer}/auth?${new URLSearchParams({ client_id: oidc.clientId, redirect_uri: 'http://localhost:1/callback/oidc', response_type: 'code', scope: 'openid', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' })}`
    expect((await createPerson().authorize(url)).searchParams.get('error')).toBe('access_denied')
    oidc.setDecision('approve')
  })
})

describe('the person', () => {
  it('reads forms, links and refreshes of plain pages', () => {
    const page = readPage(`<title>A &amp; B</title><meta http-equiv=refresh content="0;url='cursor://x/cb?code=1&amp;state=2'">
      <form method="post" action="/c"><input type=hidden name=a value="1 &lt; 2"><input type="checkbox" name=off>
      <button name="decision" value="deny">No</button><button name=decision value=approve><b>Yes</b> &rarr;</button></form>
      <a id="continue" href="/on?x=1&amp;y=2">Go on</a>`)
    expect(page.title).toBe('A & B')
    expect(page.refresh).toBe('cursor://x/cb?code=1&state=2')
    expect(page.forms[0]?.fields).toEqual([{ name: 'a', type: 'hidden', value: '1 < 2' }])
    expect(page.forms[0]?.buttons.map((button) => button.text)).toEqual(['No', 'Yes →'])
    expect(page.links[0]).toEqual({ id: 'continue', href: '/on?x=1&y=2', text: 'Go on' })
  })

  it.each([
    ['a Secure cookie on plain http://localhost', 'http://localhost:8080/', '__Host-a=1; Secure; Path=/', true],
    ['a Secure cookie on another plain http site', 'http://gateway.example/', 'a=1; Secure', false],
    ['a __Host- cookie with a Domain', 'https://a.example/', '__Host-a=1; Secure; Path=/; Domain=a.example', false],
    ['a __Host- cookie below a path', 'https://a.example/', '__Host-a=1; Secure; Path=/x', false],
    ['a __Host- cookie without Secure', 'https://a.example/', '__Host-a=1; Path=/', false],
    ['a cookie that has expired', 'https://a.example/', 'a=1; Max-Age=0', false],
  ])('decides about %s', (_what, url, line, isKept) => {
    const jar = new CookieJar()
    jar.store(new URL(url), [line])
    expect(jar.list().length === 1).toBe(isKept)
  })

  it('keeps a Strict cookie back when another site leads here', () => {
    const jar = new CookieJar()
    const url = new URL('https://a.example/')
    jar.store(url, ['s=1; SameSite=Strict', 'l=1; SameSite=Lax'])
    expect(jar.header(url, { isCrossSite: true, method: 'GET' })).toBe('l=1')
    expect(jar.header(url, { isCrossSite: true, method: 'POST' })).toBeUndefined()
    expect(jar.header(url, { isCrossSite: false, method: 'POST' })).toBe('s=1; l=1')
  })

  it('says where it got stuck', async () => {
    const server = createServer((_request, response) => response.writeHead(400).end('<title>x</title><p>No such client</p>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const stuck = createPerson().authorize(`http://127.0.0.1:${(server.address() as AddressInfo).port}/authorize`)
    await expect(stuck).rejects.toThrow(StuckError)
    await expect(stuck).rejects.toThrow(/No such client/)
    server.close()
  })

  it('is held back by form-action on every hop, as in Chromium', async () => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') return response.writeHead(303, { location: 'http://127.0.0.1:1/cb?code=1' }).end()
      response.writeHead(200, { 'content-security-policy': "default-src 'none'; form-action 'self'" })
      return response.end('<form method=post><button name=decision value=approve>Yes</button></form>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/authorize?redirect_uri=${encodeURIComponent('http://127.0.0.1:1/cb')}`
    await expect(createPerson().authorize(url)).rejects.toThrow(/form-action/)
    server.close()
  })
})
