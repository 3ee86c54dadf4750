import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { type FakeGithub, startFakeGithub } from '../support/fake-github.ts'
import { type HttpRequest, open, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { type OidcUpstream, startOidcProvider } from '../support/oidc-provider.ts'
import { createPerson } from '../support/person.ts'
import { freePort, type Stack, startStack } from './stack.ts'

/** Leads to this machine from auth's container (edge/compose.yaml) and from the tests' browser. */
const THIS_MACHINE = 'providers.localhost'
const TOOL_CALL = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'headers', arguments: {} } }
const LIMIT_BYTES = 10 * 1024 ** 2

describeWithDocker('the edge of the compose stack, at a PUBLIC_URL with a path, with GitHub and an OpenID provider', () => {
  let stack: Stack
  let github: FakeGithub
  let oidc: OidcUpstream
  let client: OAuthClient

  const ask = (path: string, request: HttpRequest = {}) => send(`http://localhost:${stack.port}${path}`, request)
  const call = (headers: Record<string, string> = {}, message: unknown = TOOL_CALL): HttpRequest => ({
    method: 'POST',
    headers: { ...client.headers(), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(message),
  })
  /** The headers of a call as they reached the server behind the gateway. */
  const arrived = async (headers: Record<string, string> = {}, path = '/gate/echo/mcp'): Promise<Record<string, string>> => {
    const response = await ask(path, call(headers))
    expect(response.status, response.text).toBe(200)
    const { result } = response.json() as unknown as { result: { content: [{ text: string }] } }
    return JSON.parse(result.content[0].text) as Record<string, string>
  }

  beforeAll(async () => {
    github = await startFakeGithub({ host: '0.0.0.0' })
    const port = await freePort()
    oidc = await startOidcProvider({ host: '0.0.0.0', port, issuer: `http://${THIS_MACHINE}:${port}` })
    stack = await startStack({
      overlays: ['tests/stack/edge/compose.yaml'],
      path: '/gate',
      environment: {
        GITHUB_CLIENT_ID: github.clientId,
        GITHUB_CLIENT_SECRET: github.clientSecret,
        GITHUB_URL: `http://${THIS_MACHINE}:${new URL(github.url).port}`,
        OIDC_ISSUER: oidc.issuer,
        OIDC_CLIENT_ID: oidc.clientId,
        OIDC_CLIENT_SECRET: oidc.clientSecret,
        OIDC_NAME: 'Company',
        ALLOWED_USERS: 'github:octocat email:*@example.com',
        LOG_LEVEL: 'trace',
      },
    })
    client = new OAuthClient(stack.server('echo'))
    await client.signIn(createPerson({ provider: 'github' }))
  })
  afterAll(async () => {
    await stack?.remove()
    await github?.close()
    await oidc?.close()
  })

  it('makes no password when a provider is configured', async () => {
    expect(stack.password).toBe('')
    expect(await stack.logs('secrets')).toContain('with your identity provider')
  })

  it.each(['github', 'oidc'])('signs people in with %s', async (provider) => {
    const own = new OAuthClient(stack.server('everything'))
    await own.signIn(createPerson({ provider }))
    const answer = await own.call('tools/call', { name: 'echo', arguments: { message: 'hi' } })
    expect(JSON.stringify(answer)).toContain('hi')
  })

  describe('without a token', () => {
    it.each(['GET', 'HEAD', 'POST', 'DELETE'])('answers %s with 401 and a challenge that leads on (VER-01)', async (method) => {
      for (const slash of ['', '/']) {
        const response = await ask(`/gate/echo/mcp${slash}`, { method })
        expect(response.status).toBe(401)
        const metadata = /^Bearer .*resource_metadata="([^"]+)"/.exec(response.headers['www-authenticate'] ?? '')?.[1] ?? ''
        expect(metadata).toBe(`http://localhost:${stack.port}/.well-known/oauth-protected-resource/gate/echo/mcp${slash}`)
        expect((await send(metadata)).json().resource).toBe(`${stack.url}/echo/mcp${slash}`)
      }
    })

    it('lets pages of every origin read the refusal (rule 41)', async () => {
      const { headers } = await ask('/gate/echo/mcp', { headers: { origin: 'https://app.example' } })
      expect(headers['access-control-allow-origin']).toBe('*')
      expect(headers['access-control-expose-headers']).toMatch(/WWW-Authenticate.*Mcp-Session-Id/)
    })

    it('answers preflights, for any header a client may ask for', async () => {
      const response = await ask('/gate/echo/mcp', {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, mcp-param-region',
        },
      })
      expect(response.status).toBe(204)
      expect(response.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': expect.stringMatching(/POST.*DELETE/),
        'access-control-allow-headers': 'authorization, mcp-param-region',
      })
    })

    it.each(['/gate/echo/mcp?x=/healthz', '/gate/echo/mcp?/.well-known/', '//gate/echo/mcp', '/gate/./echo/mcp'])(
      'is not fooled by %s (VER-12)',
      async (path) => {
        expect((await ask(path, { headers: { 'user-agent': 'GoogleHC/1.0' } })).status).toBe(401)
      },
    )

    it.each([
      '/verify',
      '/metrics',
      '/healthz',
      '/readyz',
      '/ping',
      '/api/rawdata',
      '/dashboard/',
      '/gate/verify',
      '/gate/metrics',
      '/echo/mcp',
      '/gate/echo',
      '/gate/a/echo/mcp',
      '/gatekeeper/echo/mcp',
      '/gate/echo/mcp/more',
    ])('has nothing at %s (VER-09)', async (path) => {
      expect((await ask(path)).status).toBe(404)
    })

    it.each(['%2f', '%5C', '%00', '%3b', '%25', '%3F', '%23'])('takes no path with %s in it', async (encoded) => {
      for (const path of [`/gate/echo/mcp${encoded}`, `/gate/echo${encoded}mcp`, `/gate/register/a${encoded}b`]) {
        expect([400, 404]).toContain((await ask(path, call())).status)
      }
    })
  })

  describe('a Host header', () => {
    it.each([
      ['localhost', 401],
      ['LOCALHOST', 401],
      ['localhost.', 401],
      ['127.0.0.1', 401],
      ['evil.example', 404],
      ['localhost.evil.example', 404],
      ['169.254.169.254', 404],
    ])('%s gets %i (VER-11)', async (host, status) => {
      expect((await ask('/gate/echo/mcp', { headers: { host } })).status).toBe(status)
    })

    it('that is there twice, or contradicts an absolute request target, opens nothing', async () => {
      const head = 'Authorization: Bearer x\r\nConnection: close\r\n\r\n'
      const twice = await raw(stack.port, `GET /gate/echo/mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${head}`)
      expect(twice).toMatch(/^HTTP\/1\.1 400 /)
      const absolute = await raw(stack.port, `GET http://evil.example/gate/echo/mcp HTTP/1.1\r\nHost: localhost\r\n${head}`)
      expect(absolute).toMatch(/^HTTP\/1\.1 4\d\d /)
    })
  })

  describe('with a token', () => {
    it('hands the server neither the token nor cookies (VER-17)', async () => {
      const headers = await arrived({ cookie: 'session=1', 'x-api-key-id': 'k', 'x-signature': 's', dpop: 'd' })
      for (const name of ['authorization', 'cookie', 'x-api-key-id', 'x-signature', 'dpop'])
        expect(headers).not.toHaveProperty(name)
      expect(JSON.stringify(headers)).not.toContain(client.tokens?.access_token)
    })

    it('lets no identity header of a client through, in its right spelling (VER-04)', async () => {
      const spoof = 'mallory'
      const names = [
        'x-auth-user',
        'x-auth-subject',
        'x-auth-scopes',
        'x-auth-email',
        'x-auth-groups',
        'x-auth-assertion',
        'x-auth-other',
      ]
      const headers = await arrived(Object.fromEntries(names.map((name) => [name, spoof])))
      expect(JSON.stringify(headers)).not.toContain(spoof)
    })

    it.each(['X_Auth_User', 'X.Auth.User', 'X~Auth~User', 'X_Auth_Assertion', 'X_Forwarded_Host', 'X_Forwarded_Uri'])(
      'refuses the spelling %s',
      async (name) => {
        expect((await ask('/gate/echo/mcp', call({ [name]: 'mallory' }))).status).toBe(400)
      },
    )

    it('makes nothing of what only proxies may say (VER-07)', async () => {
      const headers = await arrived({
        'x-forwarded-host': 'evil.example',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'gopher',
        'x-forwarded-uri': '/gate/everything/mcp',
        'x-forwarded-method': 'OPTIONS',
        'x-forwarded-prefix': '/evil',
        'x-real-ip': '6.6.6.6',
        forwarded: 'for=6.6.6.6;host=evil.example',
        'x-original-url': '/gate/everything/mcp',
        'x-original-uri': '/gate/everything/mcp',
        'x-rewrite-url': '/gate/everything/mcp',
        'x-http-method-override': 'DELETE',
      })
      expect(JSON.stringify(headers)).not.toMatch(/evil|6\.6\.6\.6|gopher|everything|DELETE/)
    })

    it('opens that one server alone (AUD-01), whatever the path pretends', async () => {
      expect((await ask('/gate/everything/mcp', call())).status).toBe(401)
      expect((await ask('/gate/echo/../everything/mcp', call())).status).toBe(401)
    })

    it('opens nothing when a Connection header asks to drop what identifies (T)', async () => {
      expect((await ask('/gate/echo/mcp', call({ connection: 'close, authorization' }))).status).toBe(401)
      const headers = await arrived({ connection: 'close, x-auth-assertion, x-forwarded-for' })
      expect(headers).toHaveProperty('x-request-id')
    })

    it.each(['TRACE', 'PUT', 'PATCH', 'PROPFIND'])('answers %s with a refusal (VER-13)', async (method) => {
      const response = await ask('/gate/echo/mcp', { ...call(), method })
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
    })

    it('streams events as they happen', async () => {
      const started = Date.now()
      const params = { name: 'wait', arguments: {}, _meta: { progressToken: 7 } }
      const response = await open(new URL(stack.server('echo')), call({}, { ...TOOL_CALL, params }))
      expect(response.headers['content-type']).toMatch(/^text\/event-stream/)
      const arrivals: number[] = []
      for await (const chunk of response) if (String(chunk).includes('data:')) arrivals.push(Date.now() - started)
      // Five events, 200 ms apart: buffered, they would come together.
      expect(arrivals.length).toBeGreaterThanOrEqual(4)
      expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(400)
    })
  })

  describe('a body', () => {
    const padded = (bytes: number) => {
      const empty = JSON.stringify({ ...TOOL_CALL, pad: '' })
      return JSON.stringify({ ...TOOL_CALL, pad: 'x'.repeat(bytes - empty.length) })
    }

    it('of 10 MiB arrives', async () => {
      const response = await ask('/gate/echo/mcp', { ...call(), body: padded(LIMIT_BYTES) })
      expect(response.status, response.text.slice(0, 200)).toBe(200)
      expect(response.text).toContain(`\\":length\\":\\"${LIMIT_BYTES}\\"`)
    })

    it.each([LIMIT_BYTES + 1, 11_000_000, 10 ** 12])(
      'of %i bytes is refused with 413 as soon as it is announced, token or not, readable for browsers (VER-16)',
      async (bytes) => {
        for (const authorization of ['', `Authorization: ${client.headers().authorization}\r\n`]) {
          const head = `POST /gate/echo/mcp HTTP/1.1\r\nHost: localhost\r\n${authorization}Content-Length: ${bytes}\r\n\r\n`
          const answer = await raw(stack.port, head)
          expect(answer).toMatch(/^HTTP\/1\.1 413 /)
          expect(answer).toMatch(/^access-control-allow-origin: \*\r$/im)
        }
      },
    )

    it('of 11 MB without a length is refused with 413 by the bridge, and with 401 without a token', async () => {
      const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
      const body = padded(11_000_000)
      expect((await ask('/gate/echo/mcp', { ...call(chunked), body })).status).toBe(413)
      expect((await ask('/gate/echo/mcp', { method: 'POST', headers: chunked, body })).status).toBe(401)
    })
  })

  it('gives every call one id, from Traefik to the server', async () => {
    const response = await ask('/gate/echo/mcp', call({ 'x-request-id': 'chosen-by-the-client' }))
    const { 'x-request-id': id = '' } = await arrived()
    expect(id).toMatch(/^[A-Za-z0-9_.-]{8,64}$/)
    expect(response.text).not.toContain('chosen-by-the-client')
    const lines = (await stack.logs('traefik')).split('\n').filter((line) => line.includes(`"request_X-Request-Id":"${id}"`))
    expect(lines).toHaveLength(1)
  })

  it('writes no token, code, state or cookie into any log, at trace level', async () => {
    const person = createPerson({ provider: 'github' })
    const own = new OAuthClient(stack.server('everything'))
    const tokens = await own.signIn(person)
    const logs = await stack.logs()
    expect(logs).toContain('"RequestPath":"/gate/authorize"')
    const secrets = [
      tokens.access_token,
      tokens.refresh_token,
      client.tokens?.refresh_token ?? '',
      github.clientSecret,
      oidc.clientSecret,
    ]
    const travelled = person.visits.flatMap(({ url }) => ['code', 'state'].map((name) => url.searchParams.get(name) ?? ''))
    for (const secret of [...secrets, ...travelled].filter((text) => text.length > 7)) expect(logs).not.toContain(secret)
    expect(logs).not.toMatch(/[?&](code|state|code_challenge)=/)
  })
})

/** Bytes as they are, until the other side closes. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')))
    socket.on('error', reject)
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
  })
}
