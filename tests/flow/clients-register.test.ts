import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, type HttpResponse, json, send } from '../support/http.ts'
import { OAuthClient, type Registration, readTokens } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway({ REGISTRATION_LIMIT: '10' })
afterAll(() => gateway.close())

const CALLBACK = 'https://client.example/callback'
const post = (metadata: unknown) => send(`${gateway.url}/register`, { method: 'POST', ...json(metadata) })
const registered = async (metadata: unknown) => (await post(metadata)).json() as unknown as Registration

describe('a registration', () => {
  it('is answered with an echo of everything that was registered (rule 13)', async () => {
    const metadata = {
      client_name: 'Example',
      client_uri: 'https://client.example',
      redirect_uris: [CALLBACK, 'http://localhost:1234/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: 'mcp',
      software_id: 'software-1',
      software_version: '2.0',
      contacts: ['ops@client.example'],
    }
    const response = await post(metadata)
    expect(response.status).toBe(201)
    expect(response.headers['content-type']).toMatch(/^application\/json/)
    expect(response.headers['cache-control']).toContain('no-store')
    expect(response.json()).toMatchObject({ ...metadata, client_id: expect.any(String), client_id_issued_at: expect.any(Number) })
    expect(response.text).not.toMatch(/null|""/)
  })

  it.each([
    ['members that are null', { client_uri: null, logo_uri: null, jwks: null, scope: null, contacts: null }],
    ['members that are empty', { client_uri: '', logo_uri: '', tos_uri: '', policy_uri: '', jwks_uri: '', client_name: '' }],
    ['members that nobody knows', { x_custom: { deep: [1] }, software_statement_hint: 'x' }],
  ])('takes %s and never answers with null or nothing (rule 13)', async (_what, members) => {
    const response = await post({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...members })
    expect(response.status).toBe(201)
    expect(response.text).not.toMatch(/null|""/)
  })

  it('of a public client yields no secret (rule 14)', async () => {
    expect(await registered({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).not.toHaveProperty(
      'client_secret',
    )
  })

  it('without a method yields a secret that does not expire (rule 14)', async () => {
    expect(await registered({ redirect_uris: [CALLBACK] })).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
    })
  })

  it('yields ids and secrets that need no escaping (rule 15)', async () => {
    const client = await registered({ redirect_uris: [CALLBACK] })
    expect(client.client_id).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(client.client_secret).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it.each([
    ['no scope', {}],
    ['an empty scope', { scope: '' }],
    ['scopes of somebody else', { scope: 'claudeai' }],
    ['OpenID scopes', { scope: 'openid email profile' }],
    ['no grant_types and response_types (rule 17)', { grant_types: undefined, response_types: undefined }],
    [
      'grants that we do not offer (rule 17)',
      {
        grant_types: [
          'authorization_code',
          'urn:ietf:params:oauth:grant-type:device_code',
          'urn:ietf:params:oauth:grant-type:jwt-bearer',
        ],
      },
    ],
    ['authorization_code alone (rule 17)', { grant_types: ['authorization_code'] }],
    ['https with application_type native (VS Code, rule 18)', { application_type: 'native' }],
    [
      'cursor:// with application_type web (Cursor, rule 18)',
      {
        application_type: 'web',
        redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'http://localhost:8787/callback'],
      },
    ],
  ])('takes %s (rule 16)', async (_what, members) => {
    const response = await post({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...members })
    expect(response.status).toBe(201)
    expect(response.json().grant_types).toEqual(expect.arrayContaining(['authorization_code', 'refresh_token']))
    expect(response.json().response_types).toEqual(['code'])
  })

  it.each([
    ['http on another host', 'http://client.example/cb'],
    ['http on a look-alike of loopback', 'http://127.0.0.1.evil.example/cb'],
    ['userinfo that looks like loopback', 'http://localhost@evil.example/cb'],
    ['0.0.0.0', 'http://0.0.0.0/cb'],
    ['javascript:', 'javascript:alert(1)'],
    ['data:', 'data:text/html,x'],
    ['file:', 'file:///etc/passwd'],
    ['blob:', 'blob:https://client.example/x'],
    ['ftp:', 'ftp://client.example/x'],
    ['ws:', 'ws://client.example/x'],
    ['a fragment', 'https://client.example/cb#x'],
    ['an empty fragment', 'https://client.example/cb#'],
    ['a wildcard', 'https://*.client.example/cb'],
    ['a relative address', '/cb'],
    ['a backslash', 'https://client.example\\@evil.example/cb'],
    ['a line break', 'https://client.example/cb\r\nx'],
    ['a NUL', 'https://client.example/cb\0'],
    ['2,049 characters', `https://client.example/${'a'.repeat(2049)}`],
    ['an empty text', ''],
    ['a number', 7],
  ])('refuses the redirect URI with %s (rule 18, REG-03, REG-04)', async (_what, uri) => {
    const response = await post({ redirect_uris: [CALLBACK, uri] })
    expect(response.status).toBe(400)
    expect(['invalid_redirect_uri', 'invalid_client_metadata']).toContain(response.json().error)
    expect(response.json().error_description).toEqual(expect.any(String))
  })

  it.each([
    ['no redirect_uris', {}],
    ['an empty list', { redirect_uris: [] }],
    ['a text', { redirect_uris: CALLBACK }],
    ['21 redirect URIs', { redirect_uris: Array.from({ length: 21 }, (_, index) => `https://client.example/${index}`) }],
    ['the response type token', { redirect_uris: [CALLBACK], response_types: ['token'] }],
    ['an unknown auth method', { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'magic' }],
    ['a client_uri of javascript:', { redirect_uris: [CALLBACK], client_uri: 'javascript:alert(1)' }],
    ['a logo_uri of http', { redirect_uris: [CALLBACK], logo_uri: 'http://client.example/logo.png' }],
    ['a private key', { redirect_uris: [CALLBACK], jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } }],
    ['jwks and jwks_uri', { redirect_uris: [CALLBACK], jwks: { keys: [] }, jwks_uri: 'https://client.example/jwks' }],
  ])('refuses %s with a sentence', async (_what, metadata) => {
    const response = await post(metadata)
    expect(response.status).toBe(400)
    expect(['invalid_redirect_uri', 'invalid_client_metadata']).toContain(response.json().error)
  })

  it('ignores an id, a secret and a token of the caller’s choice (REG-08)', async () => {
    const mine = { client_id: 'mine', client_secret: 'mine', registration_access_token: 'mine', client_id_issued_at: 1 }
    const client = await registered({ redirect_uris: [CALLBACK], ...mine })
    expect(Object.values(client)).not.toContain('mine')
  })
})

describe('a client that authorised once', () => {
  it('is kept for ever, however many others register and never come back (rule 20)', async () => {
    const client = new OAuthClient(gateway.server())
    await client.signIn(createPerson({ password: PASSWORD }))
    const unused = await registered({ redirect_uris: ['https://never.example/cb'] })
    for (let other = 0; other < 30; other++) await post({ redirect_uris: [`https://other${other}.example/cb`] })
    gateway.clock.advance(400 * 86_400)
    const lookUp = (id: string, uri: string) =>
      send(`${gateway.url}/authorize?${new URLSearchParams({ client_id: id, redirect_uri: uri })}`, {
        headers: { accept: 'application/json' },
      })
    expect((await lookUp(unused.client_id, 'https://never.example/cb')).json().error).toBe('invalid_client')
    await expect(client.signIn(createPerson({ password: PASSWORD }))).resolves.toHaveProperty('access_token')
  })
})

describe('a client with a secret', () => {
  it.each(['client_secret_basic', 'client_secret_post'])(
    'proves itself by %s, and only with the right secret (rule 15)',
    async (method) => {
      const client = new OAuthClient(gateway.server(), {
        registration: { redirect_uris: ['http://127.0.0.1:53123/callback'], token_endpoint_auth_method: method },
      })
      await client.signIn(createPerson({ password: PASSWORD }))
      const { client_id: id, client_secret: secret = '' } = client.registration
      const refresh = (header: string | undefined, fields: Record<string, string>) =>
        send(`${gateway.url}/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: header },
          body: encodeForm({ grant_type: 'refresh_token', refresh_token: client.tokens?.refresh_token, ...fields }),
        })
      const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
      const refusals: readonly HttpResponse[] =
        method === 'client_secret_basic'
          ? [await refresh(basic(id, 'wrong'), {}), await refresh(undefined, { client_id: id }), await refresh('Basic !!!', {})]
          : [await refresh(undefined, { client_id: id, client_secret: 'wrong' }), await refresh(undefined, { client_id: id })]
      for (const refusal of refusals) {
        expect(refusal.status).toBe(401)
        expect(refusal.json().error).toBe('invalid_client')
      }
      const good =
        method === 'client_secret_basic'
          ? [
              await refresh(basic(id, secret), { client_id: id }),
              await refresh(basic(encodeURIComponent(id), encodeURIComponent(secret)), {}),
            ]
          : [await refresh(undefined, { client_id: id, client_secret: secret })]
      for (const answer of good) readTokens(answer)
    },
  )
})

describe('an operator', () => {
  const manage = (client: Registration, method: string, token: string | undefined, body?: unknown) =>
    send(client.registration_client_uri ?? '', {
      method,
      headers: {
        authorization: token === undefined ? undefined : `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })

  it('reads, changes and deletes a client with its registration access token (RFC 7592)', async () => {
    const client = await registered({ client_name: 'Before', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })
    const token = client.registration_access_token
    expect((await manage(client, 'GET', token)).json()).toMatchObject({ client_id: client.client_id, client_name: 'Before' })
    const changed = await manage(client, 'PUT', token, {
      client_id: client.client_id,
      client_name: 'After',
      redirect_uris: ['https://client.example/new'],
      token_endpoint_auth_method: 'none',
    })
    expect(changed.status).toBe(200)
    expect(changed.json()).toMatchObject({ client_name: 'After', redirect_uris: ['https://client.example/new'] })
    const newest = String(changed.json().registration_access_token ?? token)
    expect((await manage(client, 'DELETE', newest)).status).toBe(204)
    expect((await manage(client, 'GET', newest)).status).toBe(401)
  })

  it.each(['GET', 'PUT', 'DELETE'])('cannot %s with no token, a wrong one, or another client’s (REG-13)', async (method) => {
    const client = await registered({ client_name: 'Mine', redirect_uris: [CALLBACK] })
    const stranger = await registered({ client_name: 'Stranger', redirect_uris: ['https://stranger.example/cb'] })
    const body = method === 'PUT' ? { client_id: client.client_id, redirect_uris: ['https://evil.example/cb'] } : undefined
    for (const token of [undefined, 'wrong', stranger.registration_access_token]) {
      const response = await manage(client, method, token, body)
      expect([401, 403]).toContain(response.status)
      expect(response.text).not.toContain('Mine')
    }
    expect((await manage(client, 'GET', client.registration_access_token)).json()).toMatchObject({ redirect_uris: [CALLBACK] })
  })

  it('ends every token of a client by deleting it (REG-15)', async () => {
    const client = new OAuthClient(gateway.server())
    await client.discover()
    const registration = await client.register({
      redirect_uris: ['http://127.0.0.1:53123/callback'],
      client_name: 'Doomed',
      token_endpoint_auth_method: 'none',
    })
    await client.signIn(createPerson({ password: PASSWORD }))
    expect(await client.knock()).toBe('open')
    expect((await manage(registration, 'DELETE', registration.registration_access_token)).status).toBe(204)
    expect(await client.knock()).toBe(401)
    expect((await client.refresh()).status).toBe(401)
    const page = await send(client.prepareAuthorization().url)
    expect(page.status).toBe(400)
  })
})
