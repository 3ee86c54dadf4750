import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestGateway, type TestGateway } from '../testing/assertions.ts'
import { type BridgeUnderTest, startBridge } from '../testing/bridge-under-test.ts'
import { INITIALIZE, JSON_HEADERS, messagesOf, post, type RpcAnswer, until } from '../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const PUBLIC_URL = 'https://mcp.example'
let gateway: TestGateway
let upstream: Server
let bridge: BridgeUnderTest
let requests: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[] = []
let openStreams = 0
let openCalls = 0

const answer: RequestListener = (req, res) => {
  let body = ''
  req.setEncoding('utf8').on('data', (text: string) => (body += text))
  req.on('end', () => {
    requests.push({ method: req.method, url: req.url, headers: req.headers, body })
    if (req.url === '/moved') res.writeHead(307, { location: '/mcp/?key=1' }).end()
    else if (req.url === '/away') res.writeHead(307, { location: 'https://elsewhere.example/' }).end()
    else if (req.url === '/locked') res.writeHead(401, { 'www-authenticate': 'Bearer realm="upstream"' }).end('who are you')
    else if (req.url === '/slow') return
    else if (req.url === '/waits') {
      openCalls++
      res.on('close', () => openCalls--)
    } else if (req.url === '/half') {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
      res.write('{"jsonrpc":', () => res.destroy())
    } else if (req.method === 'GET') {
      openStreams++
      res.on('close', () => openStreams--)
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/one"}\n\n')
    } else if (req.method === 'DELETE') res.writeHead(204).end()
    else {
      const { id, method } = JSON.parse(body) as { id?: number; method: string }
      if (id === undefined) res.writeHead(202).end()
      else {
        const more = method === 'initialize' ? { 'mcp-session-id': 'up-1' } : {}
        res.writeHead(200, {
          'content-type': 'application/json',
          'set-cookie': 'a=b',
          'access-control-allow-origin': 'https://x',
          ...more,
        })
        res.end(JSON.stringify({ jsonrpc: '2.0', id, result: { method } }))
      }
    }
  })
}

beforeAll(async () => {
  upstream = createServer(answer)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  gateway = await createTestGateway(PUBLIC_URL)
  bridge = await startBridge({
    servers: {
      docs: {
        url: `${origin}/mcp`,
        headers: { Authorization: 'Bearer upstream-secret' },
        scopes: { read: ['get*'], write: ['set*'] },
      },
      moved: { url: `${origin}/moved` },
      away: { url: `${origin}/away` },
      locked: { url: `${origin}/locked` },
      slow: { url: `${origin}/slow`, timeoutSeconds: 0.2 },
      waits: { url: `${origin}/waits` },
      half: { url: `${origin}/half` },
      down: { url: 'http://127.0.0.1:1/mcp' },
    },
    keys: gateway.keys,
    config: { publicUrl: PUBLIC_URL },
  })
})
afterAll(async () => {
  await bridge[Symbol.asyncDispose]()
  upstream.closeAllConnections()
  upstream.close()
})

const as = async (server: string, claims: Record<string, unknown> = { scope: 'read' }) => ({
  'x-auth-assertion': await gateway.assert(`${PUBLIC_URL}/${server}/mcp`, claims),
})

describe('a server with a url', () => {
  it('sees the message, who calls by assertion, its own credentials, and nothing else of the client', async () => {
    requests = []
    const identity = await as('docs')
    const response = await post(`${bridge.url}/docs/mcp`, INITIALIZE, {
      ...identity,
      authorization: 'Bearer client-token',
      cookie: 'session=1',
      'x-auth-user': 'root',
      'x-forwarded-for': '1.2.3.4',
      'mcp-protocol-version': '2025-06-18',
      'x-request-id': 'proxy-0123456789',
      origin: 'https://claude.ai',
    })
    expect([response.status, await response.json()]).toEqual([
      200,
      { jsonrpc: '2.0', id: 'init', result: { method: 'initialize' } },
    ])
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(INITIALIZE)
    const { host, connection, 'content-length': _length, 'keep-alive': _alive, ...seen } = requests[0]?.headers ?? {}
    expect(seen).toEqual({
      ...identity,
      authorization: 'Bearer upstream-secret',
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-06-18',
      'x-request-id': 'proxy-0123456789',
    })
    expect(response.headers.get('mcp-session-id')).toBe('up-1')
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('is asked only what the policy allows', async () => {
    requests = []
    const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
    const url = `${bridge.url}/docs/mcp`
    const identity = await as('docs')
    const [allowed, missing, closed] = [
      await post(url, call('get_page'), identity),
      await post(url, call('set_page'), identity),
      await post(url, call('drop'), identity),
    ]
    expect([allowed.status, missing.status, closed.status]).toEqual([200, 403, 200])
    expect(missing.headers.get('www-authenticate')).toContain('scope="read write"')
    expect(((await closed.json()) as RpcAnswer).error?.code).toBe(-32003)
    expect(requests.map(({ body }) => (JSON.parse(body) as ReturnType<typeof call>).params.name)).toEqual(['get_page'])
  })

  it('keeps a session for whoever opened it', async () => {
    const url = `${bridge.url}/docs/mcp`
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
    await post(url, INITIALIZE, await as('docs'))
    const session = { 'mcp-session-id': 'up-1' }
    expect((await post(url, ping, { ...(await as('docs')), ...session })).status).toBe(200)
    expect((await post(url, ping, { ...(await as('docs', { scope: 'read', sub: 'github:2' })), ...session })).status).toBe(404)
  })

  it('streams as it speaks, and is let go when its client goes', async () => {
    const response = await fetch(`${bridge.url}/docs/mcp`, { headers: { ...(await as('docs')), accept: 'text/event-stream' } })
    expect([response.headers.get('content-type'), response.headers.get('x-accel-buffering')]).toEqual(['text/event-stream', 'no'])
    const messages = messagesOf(response)
    expect((await messages.next()).value).toMatchObject({ method: 'notifications/one' })
    expect(openStreams).toBe(1)
    await messages.return(undefined)
    await response.body?.cancel().catch(() => {})
    await until(() => openStreams === 0, 'the upstream stream is closed')
  })

  it('is let go when its client goes before there is an answer', async () => {
    const leaving = new AbortController()
    const call = fetch(`${bridge.url}/waits/mcp`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...(await as('waits', {})) },
      body: JSON.stringify(INITIALIZE),
      signal: leaving.signal,
    })
    await until(() => openCalls === 1, 'the call has arrived')
    leaving.abort()
    await expect(call).rejects.toThrow()
    await until(() => openCalls === 0, 'the call to the upstream server is ended')
  })

  it('that dies in the middle of its answer leaves no client waiting', async () => {
    const response = await post(`${bridge.url}/half/mcp`, INITIALIZE, await as('half', {}))
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  it('may redirect within itself; the method and the body stay', async () => {
    requests = []
    const response = await post(`${bridge.url}/moved/mcp`, { jsonrpc: '2.0', id: 3, method: 'ping' }, await as('moved', {}))
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 3, result: { method: 'ping' } })
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /moved', 'POST /mcp/?key=1'])
  })

  it.each([
    ['away', 502, 'The server "away" redirects elsewhere.'],
    ['locked', 502, 'The server "locked" refuses the gateway\'s own credentials.'],
    ['slow', 504, 'The server "slow" did not answer in time.'],
    ['down', 502, 'The server "down" cannot be reached.'],
  ])('that fails is an error that says so, never a challenge of its own: %s', async (server, status, message) => {
    const response = await post(`${bridge.url}/${server}/mcp`, { jsonrpc: '2.0', id: 'a', method: 'ping' }, await as(server, {}))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, null])
    expect(await response.json()).toMatchObject({ id: 'a', error: { message } })
  })

  it('is named in /readyz while it cannot be reached', async () => {
    await post(`${bridge.url}/down/mcp`, { jsonrpc: '2.0', id: 1, method: 'ping' }, await as('down', {}))
    const ready = await bridge.bridge.internal.inject('/readyz')
    expect(ready.statusCode).toBe(200)
    expect(ready.json().degraded).toContainEqual({ server: 'down', reason: 'cannot be reached (ECONNREFUSED)' })
    // One slow call says nothing about the server: any person could make one.
    expect(ready.json().degraded).not.toContainEqual(expect.objectContaining({ server: 'slow' }))
  })
})
