import { connect } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { type HttpRequest, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

const client = new OAuthClient(gateway.server())
await client.signIn(createPerson({ password: PASSWORD }))
const BEARER = `Bearer ${client.tokens?.access_token}`
const MANAGED = new URL(client.registration.registration_client_uri ?? '').pathname

/** Every endpoint, the methods it takes, and the media type of its body. */
const ENDPOINTS: readonly { readonly path: string; readonly methods: readonly string[]; readonly body?: 'json' | 'form' }[] = [
  { path: '/register', methods: ['POST'], body: 'json' },
  { path: MANAGED, methods: ['GET', 'PUT', 'DELETE'], body: 'json' },
  { path: '/authorize', methods: ['GET', 'HEAD', 'POST'] },
  { path: '/sign-in', methods: ['GET', 'HEAD', 'POST'], body: 'form' },
  { path: '/callback/github', methods: ['GET', 'HEAD'] },
  { path: '/consent', methods: ['GET', 'HEAD', 'POST'], body: 'form' },
  { path: '/token', methods: ['POST'], body: 'form' },
  { path: '/revoke', methods: ['POST'], body: 'form' },
  { path: '/introspect', methods: ['POST'], body: 'form' },
  { path: '/account', methods: ['GET', 'HEAD'] },
  { path: '/account/disconnect', methods: ['POST'], body: 'form' },
  { path: '/account/sign-out', methods: ['POST'], body: 'form' },
  { path: '/account/tokens/new', methods: ['GET', 'HEAD'] },
  { path: '/account/tokens', methods: ['POST'], body: 'form' },
  { path: '/account/tokens/revoke', methods: ['POST'], body: 'form' },
  { path: '/par', methods: ['POST'], body: 'form' },
  { path: '/device_authorization', methods: ['POST'], body: 'form' },
  { path: '/device', methods: ['GET', 'HEAD', 'POST'], body: 'form' },
  { path: '/device/qr', methods: ['GET', 'HEAD'] },
  { path: '/.well-known/oauth-authorization-server', methods: ['GET', 'HEAD'] },
  { path: '/.well-known/oauth-protected-resource/echo/mcp', methods: ['GET', 'HEAD'] },
  { path: '/.well-known/jwks.json', methods: ['GET', 'HEAD'] },
  { path: '/echo/mcp', methods: ['GET', 'HEAD', 'POST', 'DELETE'], body: 'json' },
]
/** As a proof begins (RFC 9449 §4.2), with members of every wrong type behind it. */
const JUNK_PROOF = [{ typ: 'dpop+jwt', alg: 'RS256', jwk: { kty: 'RSA', n: 'A'.repeat(342), e: 'AA' } }, null, 0]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')
const BODIES: readonly (readonly [what: string, contentType: string | undefined, text: string])[] = [
  ['no content type', undefined, 'a=b'],
  ['an empty body as JSON', 'application/json', ''],
  ['an empty form', 'application/x-www-form-urlencoded', ''],
  ['cut JSON', 'application/json', '{"a":'],
  ['JSON null', 'application/json', 'null'],
  ['a JSON array', 'application/json', '[]'],
  ['a JSON text', 'application/json', '"x"'],
  ['a JSON number', 'application/json', '1e999'],
  ['JSON with __proto__', 'application/json', '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}'],
  [
    'JSON with members of every wrong type',
    'application/json',
    '{"redirect_uris":{},"client_name":[],"scope":7,"grant_types":"x","jwks":[],"contacts":{},"method":1,"id":{},"params":"x"}',
  ],
  ['JSON with lone surrogates', 'application/json', '{"client_name":"\\ud800","redirect_uris":["https://a.example/\\udfff"]}'],
  ['deep JSON', 'application/json', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['invalid UTF-8', 'application/json', '{"client_name":"\u0000\u00ff"}'],
  ['a byte order mark', 'application/json', '\ufeff{}'],
  ['a media type with a tab', 'application/json\t;', '{}'],
  ['a media type with nothing behind ;', 'application/json;', '{}'],
  ['two media types', 'application/json, application/x-www-form-urlencoded', 'a=b'],
  ['text', 'text/plain', '{}'],
  ['multipart', 'multipart/form-data; boundary=x', '--x\r\n\r\n--x--'],
  ['XML', 'application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  ['a media type of junk', ';;;', 'x'],
  [
    'repeated fields',
    'application/x-www-form-urlencoded',
    'grant_type=a&grant_type=b&client_id=x&client_id=y&token=1&token=2&password=1&password=2&decision=approve&decision=deny',
  ],
  ['broken escapes', 'application/x-www-form-urlencoded', 'grant_type=%E0%A4%A&code=%&client_id=%00'],
  [
    'fields without values',
    'application/x-www-form-urlencoded',
    'grant_type=&code=&refresh_token=&client_id=&password=&decision=',
  ],
  [
    'field names of objects',
    'application/x-www-form-urlencoded',
    '__proto__=1&constructor=2&toString=3&hasOwnProperty=4&grant_type[]=x',
  ],
  ['an unknown grant', 'application/x-www-form-urlencoded', 'grant_type=password&username=a&password=b'],
  [
    'a code of the wrong form',
    'application/x-www-form-urlencoded',
    `grant_type=authorization_code&code=${'x'.repeat(5000)}&client_id=x&redirect_uri=x&code_verifier=x`,
  ],
  [
    'a refresh token of the wrong form',
    'application/x-www-form-urlencoded',
    'grant_type=refresh_token&refresh_token=ref_%0d%0a&client_id=x',
  ],
]

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']
const at = (path: string) => `${gateway.url}${path}`
const asCaller = (path: string): Record<string, string> => (path === '/echo/mcp' ? { authorization: BEARER } : {})

/** A refusal: 4xx, or for a page that begins afresh a 2xx or 3xx; never a fault. */
async function expectNoFault(path: string, request: HttpRequest, statuses?: readonly number[]): Promise<void> {
  const response = await send(at(path), { ...request, headers: { ...asCaller(path), ...request.headers } })
  expect(response.status, response.text.slice(0, 200)).toBeLessThan(500)
  if (statuses) expect(statuses).toContain(response.status)
  expect(response.text).not.toMatch(/node_modules|at .+:\d+:\d+|ZodError|SQLITE/)
}

describe.each(ENDPOINTS)('$path', ({ path, methods, body }) => {
  it.each(METHODS.filter((method) => !methods.includes(method)))(
    'refuses the method %s with 405 and Allow, or knows nothing of it',
    async (method) => {
      const response = await send(at(path), { method, headers: asCaller(path) })
      expect([400, 401, 404, 405]).toContain(response.status)
      if (response.status === 405) expect(response.headers.allow).toContain(methods[0])
    },
  )

  it.each([
    ['a query of junk', '?%00=%ff&=&a=b&a=c&[]=1&__proto__=x&constructor=y'],
    ['a broken escape', '?client_id=%E0%A4%A&state=%'],
    ['20,000 characters', `?state=${'x'.repeat(20_000)}`],
    ['5,000 parameters', `?${Array.from({ length: 5000 }, (_, index) => `p${index}=`).join('&')}`],
  ])('takes %s', async (_what, query) => {
    for (const method of methods.filter((each) => each !== 'DELETE')) await expectNoFault(`${path}${query}`, { method })
  })

  it.each<[string, Record<string, string | readonly string[]>]>([
    [
      'header values of junk',
      { accept: '\u00ff;;;q=,', 'accept-language': '***', cookie: '=;;=; a; __Host-=%%%; b="', origin: 'null' },
    ],
    ['an Authorization of junk', { authorization: '\u00ff' }],
    ['two Authorization lines', { authorization: ['Basic eDp5', 'Bearer x'] }],
    ['Basic without a colon', { authorization: `Basic ${Buffer.from('nocolon').toString('base64')}` }],
    ['Basic with broken escapes', { authorization: `Basic ${Buffer.from('%E0%A4%A:%').toString('base64')}` }],
    ['Basic that is no base64', { authorization: 'Basic ***' }],
    ['an empty Bearer', { authorization: 'Bearer ' }],
    ['a DPoP of junk', { authorization: 'DPoP \u00ff', dpop: '\u00ff' }],
    ['two DPoP lines', { authorization: 'DPoP x', dpop: ['x', 'y'] }],
    ['a proof with a key of junk', { authorization: 'DPoP x', dpop: JUNK_PROOF }],
    ['a method override', { 'x-http-method-override': 'DELETE', 'x-original-url': '/echo/mcp', 'x-rewrite-url': '/verify' }],
    [
      '200 cookies',
      { cookie: Array.from({ length: 200 }, (_, index) => `__Host-gatehouse-${index}=${'v'.repeat(40)}`).join('; ') },
    ],
    [
      'protocol headers of junk',
      {
        'mcp-protocol-version': '\u00ff,1',
        'mcp-session-id': '../../x',
        'mcp-method': '\u00ff',
        'mcp-name': '=?base64?%?=',
        'last-event-id': 'x',
      },
    ],
  ])('takes %s', async (_what, headers) => {
    for (const method of methods.filter((each) => each !== 'DELETE')) {
      const response = await send(at(path), {
        method,
        headers,
        ...(path === '/echo/mcp' && method === 'GET' ? { timeoutMs: 5000 } : {}),
      })
      expect(response.status).toBeLessThan(500)
    }
  })

  const bodyMethods = methods.filter((method) => body !== undefined && (method === 'POST' || method === 'PUT'))
  it.each(bodyMethods.flatMap((method) => BODIES.map(([what, contentType, text]) => [method, what, contentType, text] as const)))(
    'answers %s of %s without a fault',
    async (method, _what, contentType, text) => {
      await expectNoFault(path, { method, body: text, headers: contentType === undefined ? {} : { 'content-type': contentType } })
    },
  )

  it.each(bodyMethods)('refuses a %s of more than it reads with 413, in either framing (RES-01)', async (method) => {
    // The bridge takes messages of many megabytes; its own tests know its limit.
    if (path === '/echo/mcp') return
    const type = body === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
    const large = Buffer.alloc(1_000_000, 'a')
    await expectNoFault(path, { method, body: large, headers: { 'content-type': type } }, [401, 413])
    await expectNoFault(
      path,
      { method, body: large, headers: { 'content-type': type, 'transfer-encoding': 'chunked' } },
      [401, 413],
    )
  })
})

describe('what is no HTTP', () => {
  it.each([
    ['a line of noise', 'HELLO\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n'],
    ['two lengths', 'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no Host', 'GET /.well-known/jwks.json HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['an absolute target of another host', 'GET http://evil.example/echo/mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'an upgrade to a WebSocket',
      'GET /echo/mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
    ],
    ['a header of 40,000 characters', `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['a target that is no path', 'GET * HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a target with bytes of junk', 'GET /\u00ff\u0001 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('%s is refused or closed, and the gateway lives', async (_what, bytes) => {
    const status = await sendRaw(bytes)
    if (status !== undefined) expect(status).toBeLessThan(500)
    expect((await send(at('/.well-known/jwks.json'))).status).toBe(200)
  })
})

/** The status of the first answer; undefined when the connection was closed without one. */
function sendRaw(bytes: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    const finish = () => {
      socket.destroy()
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1]
      resolve(status === undefined ? undefined : Number(status))
    }
    socket.setTimeout(3000, finish)
    socket.on('data', (data) => {
      received += data
      if (received.includes('\r\n\r\n')) finish()
    })
    socket.on('close', finish).on('error', finish)
  })
}
