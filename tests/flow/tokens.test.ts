import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, send } from '../support/http.ts'
import { OAuthClient, readJwt, readTokens, type Tokens } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

/** Signed in once: scrypt is slow, and the tests here are about what comes after. */
const person = createPerson({ password: PASSWORD })

async function signedIn(): Promise<OAuthClient & { tokens: Tokens }> {
  const client = new OAuthClient(gateway.server())
  await client.signIn(person)
  return client as OAuthClient & { tokens: Tokens }
}

describe('the token endpoint', () => {
  it('answers as every client reads it (rules 29, 30, TOK-01)', async () => {
    const client = await signedIn()
    const response = await client.refresh()
    expect(response.status).toBe(200)
    expect(response.headers['content-type']).toMatch(/^application\/json/)
    expect(response.headers['cache-control']).toContain('no-store')
    expect(response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.any(String),
      scope: 'mcp',
    })
  })

  it('issues access tokens by RFC 9068, for one resource', async () => {
    const client = await signedIn()
    const { header, payload } = readJwt(client.tokens.access_token)
    expect(header).toMatchObject({ typ: 'at+jwt', alg: 'ES256', kid: expect.any(String) })
    expect(payload).toMatchObject({
      iss: gateway.url,
      aud: gateway.server(),
      client_id: client.registration.client_id,
      scope: 'mcp',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      sub: expect.stringMatching(/^password:/),
    })
  })

  it.each([
    ['a charset after the media type', 'application/x-www-form-urlencoded; charset=UTF-8'],
    ['a media type in capitals', 'Application/X-WWW-Form-URLEncoded'],
  ])('takes %s, and fields that it does not know (rule 29)', async (_what, contentType) => {
    const client = await signedIn()
    const response = await send(`${gateway.url}/token`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: encodeForm({
        grant_type: 'refresh_token',
        refresh_token: client.tokens.refresh_token,
        client_id: client.registration.client_id,
        audience: 'x',
        unknown_field: 'y',
      }),
    })
    expect(response.status).toBe(200)
  })

  it('refuses an unknown client with 401 and invalid_client, so that Claude.ai registers again (rule 21)', async () => {
    const client = await signedIn()
    const response = await client.refresh(undefined, { client_id: 'cli_forgotten' })
    expect(response.status).toBe(401)
    expect(response.json()).toEqual({ error: 'invalid_client', error_description: expect.any(String) })
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['a token it never gave', { refresh_token: 'ref_nonsense' }],
    ['an access token', { refresh_token: 'ACCESS' }],
    ['a token of the wrong form', { refresh_token: '%00' }],
  ])('refuses to refresh with %s by invalid_grant alone (rule 31, REF-09)', async (_what, changes) => {
    const client = await signedIn()
    const fields = changes.refresh_token === 'ACCESS' ? { refresh_token: client.tokens.access_token } : changes
    const response = await client.refresh(undefined, fields)
    expect(response.status).toBe(400)
    expect(response.json()).toEqual({ error: 'invalid_grant', error_description: expect.any(String) })
  })

  it.each<[string, string | undefined, string]>([
    ['scopes it does not have (mcp-remote)', 'openid email profile', 'mcp'],
    ['more than it has', 'mcp admin offline_access', 'mcp'],
    ['what it has', 'mcp', 'mcp'],
    ['an empty scope', '', 'mcp'],
  ])('refreshes for %s with what was granted (rule 31)', async (_what, scope, granted) => {
    const client = await signedIn()
    const response = await client.refresh(undefined, { scope })
    expect(response.status).toBe(200)
    expect(response.json().scope).toBe(granted)
  })

  it('never lets a refresh change the audience (REF-06)', async () => {
    const client = await signedIn()
    const refusal = await client.refresh(undefined, { resource: gateway.server('other') })
    expect(refusal.status).toBe(400)
    expect((await client.refresh()).status).toBe(200)
  })

  it('answers /revoke with 200 whatever the token, and ends what it named (rule 35, REV-01, REV-02)', async () => {
    const client = await signedIn()
    const revoke = (fields: Record<string, string>) =>
      send(`${gateway.url}/revoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: encodeForm({ client_id: client.registration.client_id, ...fields }),
      })
    expect((await revoke({ token: 'garbage', token_type_hint: 'nonsense' })).status).toBe(200)
    expect((await revoke({})).status).toBe(400)
    expect(await client.knock()).toBe('open')
    expect((await revoke({ token: client.tokens.refresh_token, token_type_hint: 'refresh_token' })).status).toBe(200)
    expect(await client.knock()).toBe(401)
    expect((await client.refresh()).json().error).toBe('invalid_grant')
  })

  it('lets no client revoke the token of another (REV-01)', async () => {
    const [client, stranger] = [await signedIn(), new OAuthClient(gateway.server())]
    await stranger.discover()
    await stranger.register({ redirect_uris: ['https://stranger.example/cb'], token_endpoint_auth_method: 'none' })
    await send(`${gateway.url}/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: encodeForm({ client_id: stranger.registration.client_id, token: client.tokens.refresh_token }),
    })
    expect(await client.knock()).toBe('open')
  })
})

describe('an access token', () => {
  it('works at once after the sign-in (rule 37)', async () => {
    const client = await signedIn()
    expect(await client.knock()).toBe('open')
    expect(await client.knock()).toBe('open')
  })

  it.each([
    [3600 + 59, 'open'],
    [3600 + 61, 401],
  ])('aged %i seconds is answered with %s: a minute past its end, no longer (rule 34, JWT-08)', async (age, answer) => {
    const client = await signedIn()
    gateway.clock.advance(age)
    expect(await client.knock()).toBe(answer)
  })

  it.each<[string, (token: string) => string | undefined]>([
    ['a changed signature', (token) => `${token.slice(0, -4)}AAAA`],
    ['no signature', (token) => `${token.split('.').slice(0, 2).join('.')}.`],
    ['alg none', (token) => `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${token.split('.')[1]}.`],
    ['a lost end', (token) => token.slice(0, token.length / 2)],
    ['9,000 dots', () => '.'.repeat(9000)],
    ['something behind it', (token) => `${token} extra`],
  ])('with %s opens nothing (JWT-01 to 09)', async (_what, change) => {
    const client = await signedIn()
    expect([400, 401]).toContain(await client.knock(change(client.tokens.access_token)))
  })

  it.each([
    ['64 KB', 'A'.repeat(65_536)],
    ['10,000 dots', '.'.repeat(10_000)],
  ])('of %s is refused at once (JWT-09)', async (_what, token) => {
    const client = await signedIn()
    await client.knock(token)
    const start = process.cpuUsage()
    expect([401, 431]).toContain(await client.knock(token))
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1_000).toBeLessThan(50)
    expect(await client.knock()).toBe('open')
  })

  it.each([
    ['in the query', (url: string, token: string) => send(`${url}?access_token=${token}`, { method: 'POST' })],
    ['in a cookie', (url: string, token: string) => send(url, { method: 'POST', headers: { cookie: `access_token=${token}` } })],
    ['as Basic', (url: string, token: string) => send(url, { method: 'POST', headers: { authorization: `Basic ${token}` } })],
    [
      'in a second header',
      (url: string, token: string) => send(url, { method: 'POST', headers: { authorization: ['Bearer x', `Bearer ${token}`] } }),
    ],
  ])('%s is not looked at (VER-03)', async (_what, ask) => {
    const client = await signedIn()
    expect([400, 401]).toContain((await ask(gateway.server(), client.tokens.access_token)).status)
  })

  it('opens nothing as a refresh token, nor a refresh token as itself (REF-09)', async () => {
    const client = await signedIn()
    expect(await client.knock(client.tokens.refresh_token)).toBe(401)
    readTokens(await client.refresh())
  })
})
