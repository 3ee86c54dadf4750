import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestGateway, type TestGateway } from '../testing/assertions.ts'
import { type BridgeUnderTest, fixture, startBridge } from '../testing/bridge-under-test.ts'
import { INITIALIZE, JSON_HEADERS, openSession, post, type RpcAnswer, type TestSession } from '../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const PUBLIC_URL = 'https://mcp.example/base'
const RESOURCE = `${PUBLIC_URL}/echo/mcp`
let gateway: TestGateway
let bridge: BridgeUnderTest
let session: TestSession
let url: string
let identity: Record<string, string>

const open = { echo: fixture('echo'), closed: fixture('echo', { allow: ['github:octocat'] }) }
const scoped = fixture('echo', { scopes: { read: ['echo', 'see*'], write: ['size'] } })

beforeAll(async () => {
  gateway = await createTestGateway(PUBLIC_URL)
  bridge = await startBridge({
    servers: { ...open, scoped },
    keys: gateway.keys,
    config: { publicUrl: PUBLIC_URL, maxBodyBytes: 100_000 },
  })
  url = `${bridge.url}/echo/mcp`
  identity = { 'x-auth-assertion': await gateway.assert(RESOURCE) }
  session = await openSession(url, identity)
})
afterAll(() => bridge[Symbol.asyncDispose]())

const as = async (server: string, claims: Record<string, unknown> = {}) => ({
  'x-auth-assertion': await gateway.assert(`${PUBLIC_URL}/${server}/mcp`, claims),
})

/** fetch sets Host and refuses odd methods; this sends what it is told. */
const raw = (method: string, headers: Record<string, string | string[]>, body = '', path = '/base/echo/mcp') =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(bridge.url)
    const sent = request(
      { method, hostname, port, path, headers: { 'content-length': Buffer.byteLength(body), ...headers } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

const call = (name: unknown, more = '') =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)}${more}}}`

describe('a body that is no message', () => {
  it.each([
    ['not JSON', '{"jsonrpc"', 400, -32700],
    ['empty', '', 400, -32700],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}', 400, -32700],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600],
    ['an empty batch', '[]', 400, -32600],
    ['a number', '42', 400, -32600],
    ['null', 'null', 400, -32600],
    ['an object that is no JSON-RPC', '{"hello":"world"}', 400, -32600],
    ['JSON-RPC 1.0', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600],
    ['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600],
    ['an id of 2 kB', `{"jsonrpc":"2.0","id":"${'i'.repeat(2000)}","method":"ping"}`, 400, -32600],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":5}', 400, -32600],
    ['parameters in an array', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', 400, -32600],
    ['neither method nor result', '{"jsonrpc":"2.0","id":1}', 400, -32600],
    ['result and error at once', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 400, -32600],
    ['request and response at once', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 400, -32600],
    ['two methods', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 400, -32600],
    ['two methods, one escaped', '{"jsonrpc":"2.0","id":1,"method":"ping","m\\u0065thod":"tools/call"}', 400, -32600],
    ['two names', call('echo', ',"name":"size"'), 400, -32600],
    ['a name for parsers that fold case', call('echo', ',"Name":"size"'), 400, -32600],
    [
      'parameters for parsers that fold Unicode',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","param\u017f":{"name":"size"}}',
      400,
      -32600,
    ],
    [
      'two parameters',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"params":{"name":"size"}}',
      400,
      -32600,
    ],
    ['a tool without name', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', 400, -32602],
    ['a tool whose name is an array', call(['echo']), 400, -32602],
  ])('is refused: %s', async (_what, body, status, code) => {
    const response = await session.post(body)
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json'])
    expect(((await response.json()) as RpcAnswer).error?.code).toBe(code)
  })

  it('is refused when it is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"a'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
    const response = await fetch(url, { method: 'POST', headers: { ...JSON_HEADERS, ...session.headers }, body })
    expect([response.status, ((await response.json()) as RpcAnswer).error?.code]).toEqual([400, -32700])
  })

  it('carries its own id once that could be read', async () => {
    const response = await session.post(call(7).replace('"id":1', '"id":"mine ✓"'))
    expect(await response.json()).toMatchObject({ id: 'mine ✓', error: { code: -32602 } })
  })

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/json-patch', 415],
    ['', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('Content-Type %s → %s', async (type, status) => {
    const response = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'content-type': type })
    expect(response.status).toBe(status)
  })

  it.each([['announced'], ['in chunks']])('is 413 above the limit, as JSON: %s', async (how) => {
    const chunk = Buffer.alloc(1_000_000, ' ')
    let sent = 0
    const stream = new ReadableStream({
      pull(controller) {
        if (sent++ < 30) controller.enqueue(chunk)
        else controller.close()
      },
    })
    const init = how === 'announced' ? { body: Buffer.alloc(30_000_000, ' ') } : { body: stream, duplex: 'half' as const }
    const response = await fetch(url, { method: 'POST', headers: { ...JSON_HEADERS, ...session.headers }, ...init })
    expect([response.status, response.headers.get('content-type')]).toEqual([413, 'application/json'])
    expect(await response.json()).toMatchObject({ error: { message: 'The request is larger than 100000 bytes.' } })
  })
})

describe('a request', () => {
  it.each([
    ['an unknown server', '/base/nope/mcp', 404],
    ['no path', '/', 404],
    ['a server by another case', '/base/Echo/mcp', 404],
    ['a server by an encoded name', '/base/%65cho/mcp', 404],
    ['a server outside PUBLIC_URL’s path', '/echo/mcp', 404],
    ['a path below the endpoint', '/base/echo/mcp/more', 404],
    ['two slashes', '/base/echo//mcp', 404],
    ['a trailing slash', '/base/echo/mcp/', 200],
    ['a query', '/base/echo/mcp?x=1', 200],
  ])('to %s → %s', async (_what, path, status) => {
    const response = await raw(
      'POST',
      { ...JSON_HEADERS, ...session.headers },
      '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      path,
    )
    expect(response.status).toBe(status)
    expect(response.headers['content-type']).toBe('application/json')
  })

  it.each(['PUT', 'PATCH', 'HEAD', 'QUERY'])('by %s is 405 and says what is allowed', async (method) => {
    const response = await raw(method, session.headers)
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, POST, DELETE, OPTIONS'])
  })

  it.each([
    ['tools/list without a session', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, {}, 400],
    ['an unknown session', { jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': 'gone' }, 404],
    [
      'a session named like an object member',
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { 'mcp-session-id': 'constructor' },
      404,
    ],
    ['an initialize in an unknown session', INITIALIZE, { 'mcp-session-id': '__proto__' }, 404],
    ['a notification without a session', { jsonrpc: '2.0', method: 'notifications/initialized' }, {}, 400],
  ])('outside a session: %s', async (_what, body, headers, status) => {
    const response = await post(url, body, { ...identity, ...headers })
    expect([response.status, ((await response.json()) as RpcAnswer).error?.code]).toEqual([
      status,
      status === 404 ? -32001 : -32600,
    ])
  })

  it('in a session cannot initialize again', async () => {
    expect((await session.post(INITIALIZE)).status).toBe(400)
  })

  it.each([
    ['2024-11-05', 200],
    ['2025-03-26', 200],
    ['2025-06-18', 200],
    ['2025-11-25', 200],
    ['2026-07-28', 400],
    ['1.0', 400],
    ['', 400],
  ])('in a session with MCP-Protocol-Version %s → %s', async (version, status) => {
    const response = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-protocol-version': version })
    expect(response.status).toBe(status)
  })

  it.each([
    ['server/discover', {}],
    ['server/discover', { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' }],
    ['tools/list', { 'mcp-protocol-version': '2026-07-28' }],
    ['tools/list', { 'mcp-protocol-version': 'DRAFT-2027' }],
  ])('of a later revision is 400 with the revisions that there are: %s %o', async (method, headers) => {
    const response = await post(url, { jsonrpc: '2.0', id: 5, method, params: {} }, { ...identity, ...headers })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      id: 5,
      error: { code: -32022, data: { supported: ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] } },
    })
  })

  it.each([
    ['the method', { 'mcp-method': 'tools/list' }, 400],
    ['the tool', { 'mcp-method': 'tools/call', 'mcp-name': 'size' }, 400],
    ['the tool, encoded', { 'mcp-name': '=?base64?c2l6ZQ==?=' }, 400],
    ['the tool, in bad base64', { 'mcp-name': '=?base64?ZWNob?=' }, 400],
    ['nothing', { 'mcp-method': 'tools/call', 'mcp-name': 'echo' }, 200],
    ['nothing, encoded', { 'mcp-name': '=?base64?ZWNobw==?=' }, 200],
  ])('whose headers differ from its body in %s', async (_what, headers, status) => {
    const response = await session.post(call('echo'), headers)
    expect(response.status).toBe(status)
    if (status === 400) expect(await response.json()).toMatchObject({ id: 1, error: { code: -32020 } })
  })
})

describe('a browser', () => {
  it.each([
    ['https://mcp.example', 200],
    ['http://localhost:6274', 200],
    ['http://127.0.0.1:3000', 200],
    ['http://[::1]:3000', 200],
    ['https://claude.ai', 200],
    ['https://chatgpt.com', 200],
    ['https://vscode.dev', 200],
    ['https://evil.example', 403],
    ['https://claude.ai.evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://localhost@evil.example', 403],
    ['null', 403],
    ['', 403],
  ])('from %s → %i, with CORS headers either way', async (origin, status) => {
    const response = await raw(
      'POST',
      { ...JSON_HEADERS, ...session.headers, origin },
      '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    )
    expect(response.status).toBe(status)
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.headers['access-control-expose-headers']).toContain('Mcp-Session-Id')
    if (status === 403) expect(JSON.parse(response.text)).toMatchObject({ jsonrpc: '2.0', error: { code: -32006 } })
  })

  it('asks first and is told what is allowed, without being anybody', async () => {
    const asked = 'authorization,content-type,mcp-param-color'
    const response = await raw('OPTIONS', { origin: 'https://evil.example', 'access-control-request-headers': asked })
    expect([response.status, response.text]).toEqual([204, ''])
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers': asked,
    })
  })

  it('gets no CORS headers when it sent no Origin', async () => {
    expect((await session.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).headers.has('access-control-allow-origin')).toBe(false)
  })
})

describe('who calls', () => {
  it('is told by the assertion alone', async () => {
    const spoofed = {
      'x-auth-user': 'github:1',
      'x-auth-sub': 'github:1',
      'x-auth-scope': 'mcp',
      authorization: 'Bearer x',
      'x-forwarded-user': 'root',
    }
    const response = await post(url, INITIALIZE, spoofed)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/base/echo/mcp"',
    )
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32005 } })
    expect(bridge.logged.at(-1)).toMatchObject({
      event: 'refused',
      reason: 'assertion',
      detail: 'missing',
      requestId: response.headers.get('x-request-id'),
    })
  })

  it('is not told by two assertions', async () => {
    const value = identity['x-auth-assertion'] ?? ''
    expect((await raw('POST', { ...JSON_HEADERS, 'x-auth-assertion': [value, value] }, JSON.stringify(INITIALIZE))).status).toBe(
      401,
    )
  })

  it('has the request id of the proxy when it is one, else a new one', async () => {
    const good = await session.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'x-request-id': 'proxy-0123456789' })
    expect(good.headers.get('x-request-id')).toBe('proxy-0123456789')
    const bad = await session.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'x-request-id': 'a"b' })
    expect(bad.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,}$/)
  })
})

describe('what the operator allows', () => {
  it.each([
    ['a tool of a scope that the token has', 'echo', 200, undefined],
    ['a tool of another scope', 'size', 403, undefined],
    ['a tool of no scope', 'crash', 200, -32003],
  ])('decides by the body: %s', async (_what, tool, status, code) => {
    const own = await openSession(`${bridge.url}/scoped/mcp`, await as('scoped', { scope: 'read profile' }))
    const response = await own.post(call(tool, ',"arguments":{"text":"x"}'))
    expect(response.status).toBe(status)
    if (status === 403) {
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_scope", scope="read profile write", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/base/scoped/mcp"',
      )
    }
    expect(((await response.json()) as RpcAnswer).error?.code).toBe(status === 403 ? -32003 : code)
  })

  it('is not asked around by a tools/call without an id', async () => {
    const own = await openSession(`${bridge.url}/scoped/mcp`, await as('scoped', { scope: 'read' }))
    const notification = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'crash' } }
    expect((await own.post(notification)).status).toBe(400)
    expect(await own.call('seen')).not.toContain('tools/call:undefined')
  })

  it('tells a person who is not on the list so, with 200', async () => {
    const response = await post(`${bridge.url}/closed/mcp`, INITIALIZE, await as('closed', { login: 'somebody' }))
    expect([response.status, ((await response.json()) as RpcAnswer).error?.code]).toEqual([200, -32003])
    expect(
      (await post(`${bridge.url}/closed/mcp`, INITIALIZE, await as('closed', { login: 'octocat' }))).headers.has(
        'mcp-session-id',
      ),
    ).toBe(true)
  })
})

describe('with AUTH=none', () => {
  it.each([
    ['localhost:8081', 200],
    ['127.0.0.1:8081', 200],
    ['[::1]:8081', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8081', 421],
  ])('a request for the host %s → %s', async (host, status) => {
    await using local = await startBridge({ servers: open })
    const { hostname, port } = new URL(local.url)
    const got = await new Promise<number>((resolve, reject) => {
      const sent = request(
        { method: 'POST', hostname, port, path: '/echo/mcp', headers: { ...JSON_HEADERS, host } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify(INITIALIZE))
    })
    expect(got).toBe(status)
  })
})

describe('an assertion of another time', () => {
  const now = () => Math.floor(Date.now() / 1000)
  it.each([
    ['the past', () => ({ iat: now() - 90, exp: now() - 30 })],
    ['the future', () => ({ iat: now() + 30, exp: now() + 90 })],
  ])('from %s says that clocks differ, which is no fault of the caller: 503, never 401', async (_when, claims) => {
    const response = await post(url, INITIALIZE, await as('echo', claims()))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(bridge.logged.at(-1)).toMatchObject({ event: 'refused', reason: 'assertion_time' })
  })
})
