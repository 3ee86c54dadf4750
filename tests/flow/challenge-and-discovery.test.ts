import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { startGateway } from '../support/gateway.ts'
import { type HttpRequest, json, send } from '../support/http.ts'
import { wellKnown } from '../support/oauth-client.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

const SERVER = gateway.server()
const INITIALIZE = json({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} })
const resourceMetadata = wellKnown(SERVER, 'oauth-protected-resource')
const serverMetadata = wellKnown(gateway.url, 'oauth-authorization-server')

describe('a caller without a token', () => {
  it.each<[string, HttpRequest]>([
    ['a GET', {}],
    ['a GET of an old protocol (Codex)', { headers: { 'mcp-protocol-version': '2024-11-05', accept: 'text/event-stream' } }],
    ['a HEAD (Gemini)', { method: 'HEAD', headers: { accept: 'application/json' } }],
    ['a POST', { method: 'POST', ...INITIALIZE }],
    ['a POST of server/discover', { method: 'POST', ...json({ jsonrpc: '2.0', id: 1, method: 'server/discover' }) }],
    ['a POST that is no JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
    ['a POST of text', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' }],
    ['a POST without a body', { method: 'POST' }],
    ['a POST that accepts HTML only', { method: 'POST', headers: { accept: 'text/html' } }],
    ['a POST with an old session (rule 38)', { method: 'POST', headers: { 'mcp-session-id': 'gone' }, body: '{}' }],
    ['a DELETE', { method: 'DELETE', headers: { 'mcp-session-id': 'gone' } }],
  ])('gets the challenge for %s, and nothing else first (rule 1)', async (_what, request) => {
    const response = await send(SERVER, request)
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toContain(`resource_metadata="${resourceMetadata}"`)
    expect(response.headers.location).toBeUndefined()
  })

  it('is not challenged for OPTIONS (rule 1)', async () => {
    const response = await send(SERVER, { method: 'OPTIONS' })
    expect(response.status).toBeLessThan(300)
    expect(response.headers['www-authenticate']).toBeUndefined()
  })

  it('reads a challenge that no SDK misreads (rule 2)', async () => {
    const header = (await send(SERVER)).headers['www-authenticate'] ?? ''
    expect(header.startsWith('Bearer ')).toBe(true)
    expect(header).toMatch(/^[\x20-\x7e]+$/)
    const parameters = [...header.slice('Bearer '.length).matchAll(/([a-z_]+)="([^"\\]*)"(?:, |$)/g)]
    expect(parameters.map((match) => match[0]).join('')).toBe(header.slice('Bearer '.length))
    expect(parameters.map(([, name]) => name).sort()).toEqual(['resource_metadata', 'scope'])
    expect(new URL(resourceMetadata).origin).toBe(new URL(SERVER).origin)
  })

  it.each([
    ['one that is no JWT', 'Bearer nonsense'],
    ['one that we did not sign', 'Bearer eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ.e30.AAAA'],
    ['a lower-case scheme', 'bearer nonsense'],
  ])('is told invalid_token only with a token: %s (rule 2)', async (_what, authorization) => {
    const response = await send(SERVER, { method: 'POST', ...INITIALIZE, headers: { authorization } })
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"')
  })
})

describe('protected resource metadata', () => {
  it.each([
    ['the path-inserted place', resourceMetadata],
    ['the root of the host', wellKnown(gateway.url, 'oauth-protected-resource')],
    ['the place of the other server', wellKnown(gateway.server('other'), 'oauth-protected-resource')],
  ])('is served at %s, at once and to everybody (rules 3, 11)', async (_what, url) => {
    const response = await send(url)
    expect(response.status).toBe(200)
    expect(response.headers['content-type']).toMatch(/^application\/json/)
  })

  it.each([
    ['as typed', resourceMetadata, SERVER],
    ['with a slash at the end', `${resourceMetadata}/`, `${SERVER}/`],
  ])('names the resource %s (rule 4)', async (_what, url, resource) => {
    expect((await send(url)).json().resource).toBe(resource)
  })

  it('names one authorization server, in the bytes of its issuer (rule 5)', async () => {
    const { issuer } = (await send(serverMetadata)).json()
    expect((await send(resourceMetadata)).json().authorization_servers).toEqual([issuer])
    expect(issuer).toBe(gateway.url)
    expect(String(issuer).endsWith('/')).toBe(false)
  })
})

describe('authorization server metadata', () => {
  it.each([
    ['the issuer', serverMetadata],
    ['a server', wellKnown(SERVER, 'oauth-authorization-server')],
  ])('is the same document at the place of %s (rule 6)', async (_what, url) => {
    expect((await send(url)).json()).toEqual((await send(serverMetadata)).json())
  })

  it('puts the endpoints where clients look without metadata (rule 7)', async () => {
    expect((await send(serverMetadata)).json()).toMatchObject({
      authorization_endpoint: `${gateway.url}/authorize`,
      token_endpoint: `${gateway.url}/token`,
      registration_endpoint: `${gateway.url}/register`,
    })
  })

  it('has every member that clients need, and none that is null (rule 9)', async () => {
    const metadata = (await send(serverMetadata)).json()
    expect(metadata).toMatchObject({
      issuer: gateway.url,
      response_types_supported: ['code'],
      grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none', 'client_secret_basic', 'client_secret_post']),
      authorization_response_iss_parameter_supported: true,
      revocation_endpoint: `${gateway.url}/revoke`,
    })
    expect(JSON.stringify(metadata)).not.toMatch(/null|""/)
  })

  it('names offline_access, which the resource and the challenge do not (rule 10)', async () => {
    expect((await send(serverMetadata)).json().scopes_supported).toContain('offline_access')
    expect((await send(resourceMetadata)).text).not.toContain('offline_access')
    expect((await send(SERVER)).headers['www-authenticate']).not.toContain('offline_access')
  })

  it('is a whole OpenID document, or none (rule 8)', async () => {
    const response = await send(wellKnown(gateway.url, 'openid-configuration'))
    if (response.status === 404) return
    expect(response.json()).toMatchObject({
      jwks_uri: expect.any(String),
      subject_types_supported: expect.any(Array),
      id_token_signing_alg_values_supported: expect.any(Array),
    })
  })

  it('is never limited, and outlives the store (rule 8)', async () => {
    const mend = gateway.breakStore(new StoreUnavailableError(new Error('test')))
    const answers = await Promise.all(Array.from({ length: 300 }, () => send(serverMetadata)))
    mend()
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  })

  it.each([
    '/.well-known/oauth-protected-resource/nobody/mcp',
    '/.well-known/oauth-authorization-server/nobody',
    '/.well-known/nothing',
  ])('does not exist at %s: a plain 404, so that clients look further (rule 8)', async (path) => {
    const response = await send(`${gateway.url}${path}`)
    expect(response.status).toBe(404)
  })

  it('names signing keys without their private halves', async () => {
    const { jwks_uri: url } = (await send(serverMetadata)).json()
    const { keys } = (await send(String(url))).json() as { keys: Record<string, unknown>[] }
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256', kid: expect.any(String) })
      expect(key).not.toHaveProperty('d')
    }
  })
})

describe('addresses', () => {
  it('never redirects, whatever the spelling (rule 11)', async () => {
    for (const url of [SERVER, `${SERVER}/`]) expect((await send(url, { method: 'POST', ...INITIALIZE })).status).toBe(401)
  })

  it.each<[string, Record<string, string>]>([
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
    ['Forwarded', { forwarded: 'host=evil.example;proto=https' }],
  ])('come from the configuration, never from %s (rule 11, AUD-06)', async (_what, headers) => {
    const texts = await Promise.all([serverMetadata, resourceMetadata].map(async (url) => (await send(url, { headers })).text))
    const challenge = (await send(SERVER, { headers })).headers['www-authenticate']
    expect([...texts, challenge].join()).not.toContain('evil.example')
  })

  it.each(['evil.example', 'evil.example:8080', '169.254.169.254'])('are not answered for the host %s', async (host) => {
    const metadata = await send(serverMetadata, { headers: { host } })
    const call = await send(SERVER, { headers: { host } })
    for (const response of [metadata, call]) expect([400, 404, 421]).toContain(response.status)
  })
})

describe('a page in a browser', () => {
  const origin = 'https://inspector.example'

  it.each([
    ['a server', SERVER, 'POST'],
    ['the protected resource metadata', resourceMetadata, 'GET'],
    ['the server metadata', serverMetadata, 'GET'],
    ['/register', `${gateway.url}/register`, 'POST'],
    ['/token', `${gateway.url}/token`, 'POST'],
    ['/revoke', `${gateway.url}/revoke`, 'POST'],
  ])('may ask %s (rule 41)', async (_what, url, method) => {
    const preflight = await send(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version,mcp-param-region',
      },
    })
    expect(preflight.status).toBeLessThan(300)
    expect(preflight.headers['access-control-allow-origin']).toBe('*')
    expect(preflight.headers['access-control-allow-methods']).toContain(method)
    for (const name of ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-param-region']) {
      expect(preflight.headers['access-control-allow-headers']?.toLowerCase()).toContain(name)
    }
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it.each<[string, string, HttpRequest]>([
    ['a challenge', SERVER, { method: 'POST', ...INITIALIZE }],
    ['a refused token request', `${gateway.url}/token`, { method: 'POST', body: 'grant_type=x' }],
    ['a refused registration', `${gateway.url}/register`, { method: 'POST', ...json([]) }],
    ['a missing document', `${gateway.url}/.well-known/oauth-protected-resource/nobody`, {}],
  ])('can read %s (rule 41)', async (_what, url, request) => {
    const response = await send(url, { ...request, headers: { ...request.headers, origin } })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.headers['access-control-expose-headers']?.toLowerCase()).toContain('www-authenticate')
  })

  it('may not ask /authorize (rule 41, AUT-11)', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const response = await send(`${gateway.url}/authorize`, {
        method,
        headers: { origin, 'access-control-request-method': 'GET' },
      })
      expect(response.headers['access-control-allow-origin']).toBeUndefined()
    }
  })
})
