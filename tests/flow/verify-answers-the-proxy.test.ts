import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, type HttpResponse, send } from '../support/http.ts'
import { OAuthClient, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway(
  {},
  {
    internal: true,
    servers: { echo: echoServer(), other: echoServer(), scoped: echoServer({ scopes: { read: ['list-*'], write: ['echo'] } }) },
  },
)
afterAll(() => gateway.close())

const person = createPerson({ password: PASSWORD })

async function signedIn(name: string, scope?: string): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server(name))
  await client.signIn(person, scope === undefined ? {} : { scope })
  return client
}
const client = await signedIn('echo')
const reader = await signedIn('scoped', 'read')
const bearer = (of = client) => `Bearer ${of.tokens?.access_token}`

/** What Traefik's ForwardAuth sends for a request of a client. */
const verify = (uri: string, headers: Record<string, string | readonly string[] | undefined> = {}): Promise<HttpResponse> =>
  send(`${gateway.internalUrl}/verify`, {
    headers: {
      'x-forwarded-uri': uri,
      'x-forwarded-method': 'POST',
      'x-forwarded-host': 'localhost',
      'x-forwarded-proto': 'http',
      ...headers,
    },
  })

describe('/verify', () => {
  it('lets a good token through, with who it is and an assertion for that one server (decision 7)', async () => {
    const response = await verify('/echo/mcp', { authorization: bearer() })
    expect(response.status).toBe(200)
    expect(response.headers).toMatchObject({
      'x-auth-subject': expect.stringMatching(/^password:/),
      'x-auth-client': client.registration.client_id,
      'x-auth-scopes': 'mcp',
    })
    const { header, payload } = readJwt(String(response.headers['x-auth-assertion']))
    expect(header).toMatchObject({ alg: 'ES256', typ: 'gatehouse-assertion+jwt' })
    expect(payload).toMatchObject({ iss: gateway.url, aud: gateway.server('echo'), client_id: client.registration.client_id })
    expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(60)
  })

  it.each(['/echo/mcp', '/echo/mcp/', '/echo/mcp?x=1'])('knows the server of %s', async (uri) => {
    expect((await verify(uri, { authorization: bearer() })).status).toBe(200)
  })

  it.each<[string, string, Record<string, string | readonly string[] | undefined>]>([
    ['no token', '/echo/mcp', {}],
    ['no token, and a path in the query (VER-12)', '/echo/mcp?x=/healthz', {}],
    ['no token, and a path in the fragment (VER-12)', '/echo/mcp#/.well-known/x', {}],
    ['no token, and a health checker’s name (VER-12)', '/echo/mcp', { 'user-agent': 'GoogleHC/1.0' }],
    ['a made-up token', '/echo/mcp', { authorization: 'Bearer x' }],
    ['a token of another server', '/other/mcp', { authorization: bearer() }],
    ['an assertion as a token (JWT-06)', '/echo/mcp', { authorization: 'ASSERTION' }],
    ['a refresh token', '/echo/mcp', { authorization: `Bearer ${client.tokens?.refresh_token}` }],
    ['two Authorization lines (VER-03)', '/echo/mcp', { authorization: [bearer(), bearer()] }],
    ['its own identity in headers (VER-04)', '/echo/mcp', { 'x-auth-subject': 'password:operator', 'x-auth-user': 'operator' }],
    ['an encoded path', '/%65cho/mcp', { authorization: bearer() }],
    ['a path with dots', '/other/../echo/mcp', { authorization: bearer() }],
    ['a path with two slashes', '//echo/mcp', { authorization: bearer() }],
    ['a path that is longer', '/echo/mcp/x', { authorization: bearer() }],
    ['a server in other letters', '/ECHO/mcp', { authorization: bearer() }],
    ['no path', '', { authorization: bearer() }],
    ['two places of a path', '/echo/mcp', { authorization: bearer(), 'x-original-uri': '/other/mcp' }],
  ])('never lets %s through', async (_what, uri, headers) => {
    const assertion = (await verify('/echo/mcp', { authorization: bearer() })).headers['x-auth-assertion']
    const response = await verify(uri, headers.authorization === 'ASSERTION' ? { authorization: `Bearer ${assertion}` } : headers)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    expect(response.headers['x-auth-assertion']).toBeUndefined()
    if (response.status === 401) expect(response.headers['www-authenticate']).toMatch(/^Bearer .*resource_metadata="/)
  })

  it('holds a modern request’s tool against the token’s scopes, and names all that are needed (rule 36, SCP-01, decision 8)', async () => {
    const ask = (tool: string) =>
      verify('/scoped/mcp', {
        authorization: bearer(reader),
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': tool,
      })
    expect((await ask('list-things')).status).toBe(200)
    const refusal = await ask('echo')
    expect(refusal.status).toBe(403)
    expect(refusal.headers['www-authenticate']).toMatch(/error="insufficient_scope", scope="(read write|write read)"/)
  })

  it('leaves a tool that no scope opens, or that cannot be read, to the bridge, which sees the body (decision 8)', async () => {
    for (const name of ['delete-everything', '=?base64?***?=', undefined]) {
      const asked = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name }
      expect((await verify('/scoped/mcp', { authorization: bearer(reader), ...asked })).status).toBe(200)
    }
  })

  it('forgets at once what was revoked (decision 1)', async () => {
    const doomed = await signedIn('echo')
    expect((await verify('/echo/mcp', { authorization: bearer(doomed) })).status).toBe(200)
    await send(`${gateway.url}/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: encodeForm({ token: doomed.tokens?.refresh_token, client_id: doomed.registration.client_id }),
    })
    expect((await verify('/echo/mcp', { authorization: bearer(doomed) })).status).toBe(401)
  })

  it('answers 503 with Retry-After while the store is away, and never 401 (FLT-01, decision 1)', async () => {
    gateway.clock.advance(6)
    const mend = gateway.breakStore(new StoreUnavailableError(new Error('gone')))
    const response = await verify('/echo/mcp', { authorization: bearer() }).finally(mend)
    expect(response.status).toBe(503)
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    expect((await verify('/echo/mcp', { authorization: bearer() })).status).toBe(200)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('takes no %s itself', async (method) => {
    const response = await send(`${gateway.internalUrl}/verify`, {
      method,
      headers: { 'x-forwarded-uri': '/echo/mcp', authorization: bearer() },
    })
    expect(response.status).toBe(405)
  })

  it.each<[string, Record<string, string | readonly string[]>]>([
    ['a URI of junk', { 'x-forwarded-uri': '\u00ff%%%\u00fe' }],
    ['a URI of 20,000 characters', { 'x-forwarded-uri': `/${'x'.repeat(12_000)}` }],
    ['two URIs', { 'x-forwarded-uri': ['/echo/mcp', '/other/mcp'] }],
    ['a method of junk', { 'x-forwarded-uri': '/echo/mcp', 'x-forwarded-method': '\u00ff' }],
    ['an Authorization of junk', { 'x-forwarded-uri': '/echo/mcp', authorization: `Bearer ${'\u00ff.'.repeat(2000)}` }],
  ])('answers %s without a fault', async (_what, headers) => {
    const response = await send(`${gateway.internalUrl}/verify`, { headers: { authorization: bearer(reader), ...headers } })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
  })
})

describe('the internal listener', () => {
  it('is healthy though the store is away, and not ready (FLT-01)', async () => {
    expect((await send(`${gateway.internalUrl}/readyz`)).status).toBe(200)
    const mend = gateway.breakStore(new StoreUnavailableError(new Error('gone')))
    const [health, ready] = await Promise.all(
      ['/healthz', '/readyz'].map((path) => send(`${gateway.internalUrl}${path}`)),
    ).finally(mend)
    expect([health?.status, ready?.status]).toEqual([200, 503])
    expect((await send(`${gateway.internalUrl}/readyz`)).status).toBe(200)
  })

  it('counts what was decided, without a name of anybody', async () => {
    const response = await send(`${gateway.internalUrl}/metrics`)
    expect(response.headers['content-type']).toMatch(/^text\/plain/)
    expect(response.text).toMatch(/^gatehouse_\w+\{.*\} \d+/m)
    expect(response.text).not.toContain(client.registration.client_id)
  })

  it.each(['/healthz', '/readyz', '/metrics', '/jwks.json', '/nothing'])(
    'takes every method and junk at %s without a fault',
    async (path) => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
        const response = await send(`${gateway.internalUrl}${path}?%00=%ff`, {
          method,
          body: '{',
          headers: { 'content-type': 'application/json' },
        })
        expect(response.status).toBeGreaterThanOrEqual(400)
        expect(response.status).toBeLessThan(500)
      }
    },
  )
})
