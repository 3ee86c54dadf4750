import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestApp, createTestContext, type TestContext } from '../testing/test-context.ts'
import { registerEndpoint } from './register-endpoint.ts'

const CALLBACK = 'https://client.test/callback'
const PUBLIC = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }

let context: TestContext
let app: FastifyInstance
beforeAll(async () => {
  context = await createTestContext({
    servers: { memory: { command: 'x' }, docs: { url: 'http://docs/mcp', scopes: { read: ['*'] } } },
  })
  app = await createTestApp((scope) => registerEndpoint(scope, context))
})
afterAll(() => app.close())

const register = (payload: unknown, remoteAddress = '203.0.113.5', at = app) =>
  at.inject({
    method: 'POST',
    url: '/register',
    headers: { 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    remoteAddress,
  })

describe('POST /register', () => {
  it('registers with defaults and echoes them (rules 13, 14, 17, REG-01)', async () => {
    const response = await register({ redirect_uris: [CALLBACK] })
    expect(response.statusCode).toBe(201)
    expect(response.headers['cache-control']).toBe('no-store')
    const { client_id: clientId } = response.json()
    expect(response.json()).toEqual({
      client_id: expect.stringMatching(/^cli_[A-Za-z0-9_-]{22}$/),
      client_id_issued_at: Math.floor(context.clock() / 1000),
      client_secret: expect.stringMatching(/^sec_[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^rat_[A-Za-z0-9_-]{43}$/),
      registration_client_uri: `https://gate.test/register/${clientId}`,
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'mcp read',
    })
  })

  it('echoes everything that was registered, and nothing else (rule 13)', async () => {
    const metadata = {
      ...PUBLIC,
      client_name: 'Example',
      client_uri: 'https://client.test',
      logo_uri: 'https://client.test/logo.png',
      policy_uri: 'https://client.test/privacy',
      tos_uri: 'https://client.test/terms',
      jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] },
      scope: 'read',
      contacts: ['ops@client.test'],
      software_id: 'software',
      software_version: '1',
      application_type: 'native',
    }
    const response = await register({ ...metadata, made_up: { by: 'nobody' } })
    expect(response.json()).toEqual({
      ...metadata,
      client_id: expect.any(String),
      client_id_issued_at: expect.any(Number),
      registration_access_token: expect.any(String),
      registration_client_uri: expect.any(String),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
  })

  it('stores secrets as digests alone', async () => {
    const {
      client_id: clientId,
      client_secret: secret,
      registration_access_token: token,
    } = (await register({ redirect_uris: [CALLBACK] })).json()
    const stored = JSON.stringify(await context.stores.clients.find(clientId))
    expect(stored).not.toContain(secret)
    expect(stored).not.toContain(token)
    expect(context.logs()).not.toContain(secret)
  })

  it('ignores ids, secrets and tokens that the caller brings (REG-08)', async () => {
    const brought = {
      client_id: 'mine',
      client_secret: 'mine',
      registration_access_token: 'mine',
      registration_client_uri: 'https://evil.test',
    }
    const response = await register({ redirect_uris: [CALLBACK], ...brought })
    expect(response.statusCode).toBe(201)
    expect(response.body).not.toMatch(/"mine"|evil/)
  })

  it.each<[string, unknown, unknown]>([
    ['none', undefined, 'mcp read'],
    ['an empty one', '', 'mcp read'],
    ['null', null, 'mcp read'],
    ['claudeai', 'claudeai', 'mcp read'],
    ['some of ours among others', 'claudeai read', 'read'],
    ['openid email profile', 'openid email profile', 'openid email profile'],
  ])('takes a scope of %s (rule 16)', async (_what, scope, echoed) => {
    const response = await register({ ...PUBLIC, scope })
    expect(response.statusCode).toBe(201)
    expect(response.json().scope).toBe(echoed)
  })

  it.each<[string, Record<string, unknown>]>([
    [
      'the three redirect URIs of Cursor (rule 18)',
      {
        application_type: 'web',
        redirect_uris: [
          'cursor://anysphere.cursor-mcp/oauth/callback',
          'https://www.cursor.com/agents/mcp/oauth/callback',
          'http://localhost:8787/callback',
        ],
      },
    ],
    [
      'the four of VS Code (rule 18)',
      {
        application_type: 'native',
        redirect_uris: [
          'https://insiders.vscode.dev/redirect',
          'https://vscode.dev/redirect',
          'http://127.0.0.1/',
          'http://127.0.0.1:33418/',
        ],
      },
    ],
    [
      'loopback in three spellings (REG-06)',
      { redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost/cb'] },
    ],
    [
      'grants that we do not offer (rule 17)',
      { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'implicit'] },
    ],
    ['empty lists (rule 17)', { grant_types: [], response_types: [] }],
    ['code among other response types', { response_types: ['code', 'code id_token'] }],
    [
      'members that are null',
      { client_name: null, client_uri: null, jwks: null, contacts: null, software_statement: null, grant_types: null },
    ],
    [
      'members that are empty',
      { client_name: '', client_uri: '', logo_uri: '', jwks_uri: '', software_id: '', software_statement: '' },
    ],
    ['a jwks_uri', { jwks_uri: 'https://client.test/jwks' }],
  ])('takes %s', async (_what, metadata) => {
    const response = await register({ ...PUBLIC, ...metadata })
    expect(response.statusCode).toBe(201)
    expect(response.body).not.toMatch(/null|""|\[\]/)
    expect(response.json()).toMatchObject({ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] })
    expect(response.json()).not.toHaveProperty('client_secret')
  })

  it('takes a name apart from what could turn the consent page around, and from its end', async () => {
    const response = await register({ ...PUBLIC, client_name: `  Bank\u202egnp.exe\u0007\r\n${'x'.repeat(500)}` })
    const { client_name: name } = response.json()
    expect(name).toMatch(/^Bank gnp\.exe x+$/)
    expect(name).toHaveLength(120)
  })

  it('has no name for a client whose name is nothing but such characters', async () => {
    expect((await register({ ...PUBLIC, client_name: '\u200b\u202e ' })).json()).not.toHaveProperty('client_name')
  })
})

describe('POST /register refuses', () => {
  it.each<[string, unknown]>([
    ['no redirect_uris (REG-04)', undefined],
    ['an empty list (REG-04)', []],
    ['a text instead of a list (REG-04)', CALLBACK],
    ['null (REG-04)', null],
    ['numbers (REG-04)', [7]],
    ['21 of them (REG-04)', Array.from({ length: 21 }, (_, index) => `${CALLBACK}${index}`)],
    ['2,049 characters (REG-04)', [`https://client.test/${'a'.repeat(2029)}`]],
    ['a fragment (REG-04)', [`${CALLBACK}#x`]],
    ['an empty fragment (REG-04)', [`${CALLBACK}#`]],
    ['a wildcard (REG-04)', ['https://*.client.test/cb']],
    ['a path alone (REG-04)', ['/callback']],
    ['a backslash (REG-04)', ['https://client.test\\@evil.test/cb']],
    ['NUL (REG-04)', [`${CALLBACK}\0`]],
    ['a line break (REG-04)', [`${CALLBACK}\r\nx: y`]],
    ['http elsewhere (REG-03)', ['http://client.test/cb']],
    ['http on a look-alike of loopback (REG-03)', ['http://127.0.0.1.evil.test/cb']],
    ['a user name that looks like loopback (REG-03)', ['http://localhost@evil.test/cb']],
    ['a user name (REG-03)', ['https://user:password@client.test/cb']],
    ['0.0.0.0 (REG-03)', ['http://0.0.0.0/cb']],
    ['javascript: (rule 18)', ['javascript:alert(1)']],
    ['data: (rule 18)', ['data:text/html,x']],
    ['one bad among good ones', [CALLBACK, 'javascript:alert(1)']],
  ])('redirect URIs with %s', async (_what, uris) => {
    const response = await register({ redirect_uris: uris })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({ error: 'invalid_redirect_uri', error_description: expect.stringMatching(/^redirect_uris/) })
    expect(response.headers['cache-control']).toBe('no-store')
  })

  it.each<[string, Record<string, unknown>]>([
    ['the password grant alone (REG-07)', { grant_types: ['password'] }],
    ['the implicit grant alone (REG-07)', { grant_types: ['implicit'] }],
    ['refresh tokens without a way to the first (REG-07)', { grant_types: ['refresh_token'] }],
    ['the response type token (REG-07)', { response_types: ['token'] }],
    ['a pair that does not fit (REG-07)', { grant_types: ['authorization_code'], response_types: ['token'] }],
    ['another pair that does not fit (REG-07)', { grant_types: ['implicit'], response_types: ['code'] }],
    ['grant_types that are no list', { grant_types: 'authorization_code' }],
    ['an unknown auth method', { token_endpoint_auth_method: 'magic' }],
    ['a client_uri of javascript: (REG-10)', { client_uri: 'javascript:alert(1)' }],
    ['a client_uri of http (REG-10)', { client_uri: 'http://client.test' }],
    ['a logo_uri of http (REG-10)', { logo_uri: 'http://client.test/logo.png' }],
    ['a policy_uri of data: (REG-10)', { policy_uri: 'data:text/html,x' }],
    ['a tos_uri that is no URL (REG-10)', { tos_uri: 'terms' }],
    ['a jwks_uri of http (REG-10)', { jwks_uri: 'http://client.test/jwks' }],
    ['a private key (REG-10)', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } }],
    ['a secret key (REG-10)', { jwks: { keys: [{ kty: 'oct', k: 'k' }] } }],
    ['a key set without keys', { jwks: {} }],
    ['a key set of no keys of any kind', { jwks: { keys: [{}] } }],
    ['both key sets (REG-10)', { jwks: { keys: [] }, jwks_uri: 'https://client.test/jwks' }],
    ['a name that is no text', { client_name: 7 }],
    ['a scope that is a list', { scope: ['mcp'] }],
    ['contacts that are no list', { contacts: 'ops@client.test' }],
    ['11 contacts', { contacts: Array(11).fill('x@client.test') }],
    ['a software_id of 256 characters', { software_id: 'x'.repeat(256) }],
  ])('%s', async (_what, metadata) => {
    const response = await register({ ...PUBLIC, ...metadata })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({ error: 'invalid_client_metadata', error_description: expect.any(String) })
    expect(response.json().error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  })

  it.each([
    ['that is a JWT', 'a.b.c', 'unapproved_software_statement'],
    ['that is none', 'a.b', 'invalid_software_statement'],
    ['that is no text', { a: 1 }, 'invalid_software_statement'],
  ])('a software statement %s, and says what it is (RFC 7591 §3.2.2)', async (_what, statement, error) => {
    const response = await register({ ...PUBLIC, software_statement: statement })
    expect(response.json()).toEqual({ error, error_description: expect.stringContaining('software statement') })
    expect(response.statusCode).toBe(400)
  })

  it.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a number', '7'],
    ['cut JSON', '{'],
    ['nothing', ''],
    ['__proto__', '{"__proto__":{"redirect_uris":["https://client.test"]}}'],
  ])('%s instead of an object (REG-11)', async (_what, payload) => {
    const response = await register(payload)
    expect(response.statusCode).toBe(400)
    expect(response.json().error).toMatch(/^invalid_(request|client_metadata)$/)
  })

  it.each([
    'text/plain',
    'application/json\t;',
    'application/json;',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json, text/plain',
    ';;;',
    undefined,
  ])('the content type %j, or reads it, but never fails (REG-11)', async (contentType) => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType }
    const response = await app.inject({
      method: 'POST',
      url: '/register',
      headers,
      payload: JSON.stringify({ redirect_uris: ['https://['] }),
    })
    expect([400, 415]).toContain(response.statusCode)
    expect(response.json()).toEqual({ error: expect.any(String), error_description: expect.any(String) })
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.headers['access-control-allow-origin']).toBe('*')
  })

  it('a body above 64 KB (RES-01)', async () => {
    expect((await register({ ...PUBLIC, client_name: 'x'.repeat(70_000) })).statusCode).toBe(413)
  })

  it('other methods by 405 (rule 41)', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'] as const) {
      const response = await app.inject({ method, url: '/register' })
      expect(response.statusCode).toBe(405)
      expect(response.headers.allow).toBe('POST, OPTIONS')
    }
  })
})

describe('the same registration again (REG-17)', () => {
  const claudeCode = { ...PUBLIC, client_name: 'Claude Code (memory)', redirect_uris: ['http://localhost:4711/callback'] }
  const idOf = async (payload: unknown, address?: string) => (await register(payload, address)).json().client_id as string

  it('from one network is one client, a thousand times', async () => {
    const ids = new Set<string>()
    for (let time = 0; time < 1000; time++) ids.add(await idOf(claudeCode, `198.51.100.${time % 250}`))
    expect(ids.size).toBe(1)
  })

  it('is told its own registration token, and the newest three manage the client', async () => {
    const payload = { ...PUBLIC, client_name: 'Shared' }
    const tokens: string[] = []
    for (let time = 0; time < 5; time++) tokens.push((await register(payload)).json().registration_access_token)
    expect(new Set(tokens).size).toBe(5)
    const client = await context.stores.clients.find(await idOf(payload))
    expect(client?.registrationTokenHashes).toHaveLength(3)
  })

  it.each([
    ['198.51.100.7', '198.51.101.7'],
    ['2001:db8:1::1', '2001:db8:2::1'],
    ['::ffff:198.51.100.7', '2001:db8:1::1'],
  ])('from %s and from %s are two clients', async (one, other) => {
    const payload = { ...PUBLIC, client_name: `Networks ${one} ${other}` }
    expect(await idOf(payload, one)).not.toBe(await idOf(payload, other))
  })

  it.each([
    ['2001:db8:1:a::1', '2001:db8:1:b::2'],
    ['198.51.100.7', '::ffff:198.51.100.8'],
  ])('from %s and from %s are one', async (one, other) => {
    const payload = { ...PUBLIC, client_name: `Network ${one} ${other}` }
    expect(await idOf(payload, one)).toBe(await idOf(payload, other))
  })

  it('is another client once the first is in use, so that no stranger manages that one', async () => {
    const payload = { ...PUBLIC, client_name: 'In use' }
    const first = await idOf(payload)
    await context.stores.clients.markUsed(first)
    expect(await idOf(payload)).not.toBe(first)
  })

  it('is another client when the first has changed meanwhile', async () => {
    const payload = { ...PUBLIC, client_name: 'Changing' }
    const first = await context.stores.clients.find(await idOf(payload))
    if (!first) throw new Error('not stored')
    await context.stores.clients.update({ ...first, redirectUris: ['https://evil.test/cb'] })
    const again = (await register(payload)).json()
    expect(again.client_id).not.toBe(first.clientId)
    expect(again.redirect_uris).toEqual([CALLBACK])
  })

  it('of a client with a secret is always another: its secret could not be told again', async () => {
    const payload = { redirect_uris: [CALLBACK], client_name: 'Confidential' }
    expect(await idOf(payload)).not.toBe(await idOf(payload))
  })

  it('forgets unused clients above the limit, and after a day (rule 20)', async () => {
    const small = await createTestContext({ environment: { REGISTRATION_LIMIT: '10' } })
    const other = await createTestApp((scope) => registerEndpoint(scope, small))
    const ids: string[] = []
    for (let index = 0; index < 12; index++)
      ids.push((await register({ ...PUBLIC, client_name: `${index}` }, undefined, other)).json().client_id)
    expect(await small.stores.clients.find(ids[1] ?? '')).toBeUndefined()
    expect(await small.stores.clients.find(ids[2] ?? '')).toBeDefined()
    small.advance(86_400)
    expect(await small.stores.clients.find(ids[11] ?? '')).toBeUndefined()
    await other.close()
  })
})

it('is 503 while the store is away (FLT-01)', async () => {
  const clients = { ...context.stores.clients, create: () => Promise.reject(new StoreUnavailableError(new Error('test'))) }
  const broken = await createTestApp((scope) => registerEndpoint(scope, { ...context, stores: { ...context.stores, clients } }))
  const response = await register({ redirect_uris: [CALLBACK] }, undefined, broken)
  expect(response.statusCode).toBe(503)
  expect(response.headers['retry-after']).toBe('2')
  await broken.close()
})
