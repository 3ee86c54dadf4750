import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestGateway, type TestGateway } from '../../testing/assertions.ts'
import { type BridgeUnderTest, fixture, startBridge } from '../../testing/bridge-under-test.ts'
import { childrenOf } from '../../testing/processes.ts'
import {
  INITIALIZE,
  JSON_HEADERS,
  openSession,
  post,
  type RpcAnswer,
  type TestSession,
  until,
} from '../../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const PUBLIC_URL = 'https://mcp.example/base'
let gateway: TestGateway
let bridge: BridgeUnderTest

beforeAll(async () => {
  gateway = await createTestGateway(PUBLIC_URL)
  bridge = await startBridge({
    servers: {
      echo: fixture('echo'),
      twin: fixture('echo'),
      small: fixture('echo', { limits: { sessionsPerPerson: 2, sessions: 3 } }),
    },
    keys: gateway.keys,
    config: { publicUrl: PUBLIC_URL },
  })
})
afterAll(() => bridge[Symbol.asyncDispose]())

const as = async (server: string, claims: Record<string, unknown> = {}) => ({
  'x-auth-assertion': await gateway.assert(`${PUBLIC_URL}/${server}/mcp`, claims),
})
const open = async (server: string, claims: Record<string, unknown> = {}) =>
  openSession(`${bridge.url}/${server}/mcp`, await as(server, claims))

describe('a session', () => {
  it('answers initialize as JSON, with an id nobody can guess', async () => {
    const response = await post(`${bridge.url}/echo/mcp`, INITIALIZE, await as('echo'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('mcp-session-id')).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(await response.json()).toMatchObject({ id: 'init', result: { protocolVersion: '2025-06-18' } })
  })

  it('has a child of its own', async () => {
    const [one, other] = [await open('echo'), await open('echo')]
    expect(await one.call('pid')).not.toBe(await other.call('pid'))
  })

  it('is unknown to another person, another client and at another server', async () => {
    const session = await open('echo')
    const url = `${bridge.url}/echo/mcp`
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
    const id = { 'mcp-session-id': session.id }
    for (const claims of [{ sub: 'github:2' }, { client_id: 'client-2' }]) {
      const response = await post(url, ping, { ...(await as('echo', claims)), ...id })
      expect([response.status, ((await response.json()) as RpcAnswer).error?.message]).toEqual([404, 'Session not found'])
    }
    const elsewhere = await post(`${bridge.url}/twin/mcp`, ping, { ...(await as('twin')), ...id })
    expect(elsewhere.status).toBe(404)
    const foreignDelete = await fetch(url, { method: 'DELETE', headers: { ...(await as('echo', { sub: 'github:2' })), ...id } })
    expect(foreignDelete.status).toBe(404)
    expect(await session.call('echo', { text: 'still mine' })).toBe('still mine')
  })

  it('goes on with a later assertion of the same person and client', async () => {
    const session = await open('echo')
    const response = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, await as('echo', { jti: 'another' }))
    expect(response.status).toBe(200)
  })

  it('ends by DELETE: 204, then 404', async () => {
    const session = await open('echo')
    expect((await session.delete()).status).toBe(204)
    expect((await session.delete()).status).toBe(404)
    expect((await session.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(404)
    expect((await session.get()).status).toBe(404)
  })
})

describe('caps', () => {
  it('end the oldest idle session of the same person first, and refuse when none is idle', async () => {
    const occupy = async (session: TestSession) => {
      const answer = session.call('never')
      const calls = async () =>
        (await session.call('seen')).split(' ').filter((message) => message.startsWith('tools/call')).length
      // The second is the question itself.
      await until(async () => (await calls()) >= 2, 'the call reached the server')
      return { answer }
    }
    const first = await open('small')
    bridge.advance(1000)
    const second = await open('small')
    const held = await occupy(second)
    const third = await open('small')
    expect((await first.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(404)
    const alsoHeld = await occupy(third)
    const refused = await post(`${bridge.url}/small/mcp`, INITIALIZE, await as('small'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await refused.json()).toMatchObject({ id: 'init', error: { message: 'You have too many sessions in use.' } })
    await second.delete()
    expect(await held.answer).toBe('The session was ended by its client.')
    expect((await post(`${bridge.url}/small/mcp`, INITIALIZE, await as('small'))).status).toBe(200)
    await third.delete()
    await alsoHeld.answer
  })

  it('never end somebody else’s session', async () => {
    await using own = await startBridge({
      servers: { small: fixture('echo', { limits: { sessions: 1 } }) },
      keys: gateway.keys,
      config: { publicUrl: PUBLIC_URL },
    })
    const url = `${own.url}/small/mcp`
    const bob = await openSession(url, await as('small', { sub: 'github:bob' }))
    const refused = await post(url, INITIALIZE, await as('small', { sub: 'github:carol' }))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await bob.call('echo', { text: 'here' })).toBe('here')
  })
})

describe('children that are still ending', () => {
  it('count for a while: opening and dropping sessions in a row starts no more than twice the sessions one may have', async () => {
    await using own = await startBridge({
      servers: { stubborn: fixture('stubborn', { limits: { sessionsPerPerson: 2 } }) },
      keys: gateway.keys,
      config: { publicUrl: PUBLIC_URL },
    })
    const url = `${own.url}/stubborn/mcp`
    const assertion = await as('stubborn')
    for (let started = 1; started <= 4; started++) {
      const gone = new AbortController()
      const headers = { ...JSON_HEADERS, ...assertion }
      const dropped = fetch(url, { method: 'POST', headers, body: JSON.stringify(INITIALIZE), signal: gone.signal })
      await until(async () => (await own.metric('gatehouse_bridge_children')) === started, 'a child')
      gone.abort()
      await expect(dropped).rejects.toThrow()
      await until(async () => (await own.metric('gatehouse_bridge_sessions')) === 0, 'no session')
    }
    const refused = await post(url, INITIALIZE, assertion)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    const other = await post(url, INITIALIZE, await as('stubborn', { sub: 'github:bob' }))
    expect(other.status).toBe(200)
    await until(async () => (await own.metric('gatehouse_bridge_children')) === 1, 'only the other one’s child')
    expect((await post(url, INITIALIZE, assertion)).status).toBe(200)
  })
})

describe('an idle session', () => {
  it('ends with its child after SESSION_IDLE_SECONDS; a stream or a call keeps it', async () => {
    await using own = await startBridge({
      servers: { echo: fixture('echo') },
      config: { sessionIdleSeconds: 60, callTimeoutSeconds: 900 },
    })
    const url = `${own.url}/echo/mcp`
    const [idle, listening, busy] = [await openSession(url), await openSession(url), await openSession(url)]
    const stream = await listening.get()
    const call = busy.call('late', { ms: 250, text: 'done' })
    await until(async () => (await own.metric('gatehouse_bridge_sessions')) === 3, 'three sessions')
    await new Promise((resolve) => setTimeout(resolve, 50))
    own.advance(61_000)
    expect(await own.metric('gatehouse_bridge_sessions')).toBe(2)
    expect((await idle.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(404)
    expect(await call).toBe('done')
    await stream.body?.cancel()
    await until(async () => (await own.metric('gatehouse_bridge_children')) === 2, 'the idle child is gone')
    await until(async () => {
      own.advance(61_000)
      return (await own.metric('gatehouse_bridge_children')) === 0
    }, 'all are gone')
  })
})

describe('processes', () => {
  it('are as few as before after DELETE, abrupt disconnects, idle time and the end of the bridge', async () => {
    const before = childrenOf(process.pid)
    const own = await startBridge({
      servers: { echo: fixture('echo') },
      config: { sessionIdleSeconds: 60, callTimeoutSeconds: 600 },
    })
    const url = `${own.url}/echo/mcp`
    const sessions = await Promise.all(Array.from({ length: 9 }, () => openSession(url)))
    const more = () => childrenOf(process.pid).filter((pid) => !before.includes(pid)).length
    expect(more()).toBe(9)
    await Promise.all(sessions.slice(0, 3).map((session) => session.delete()))
    await until(() => more() === 6, 'the deleted ones are gone')
    const abandoned = sessions.slice(3, 6).flatMap((session) =>
      Array.from({ length: 30 }, async (_none, id) => {
        const gone = new AbortController()
        setTimeout(() => gone.abort(), Math.random() * 50)
        const call = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'late', arguments: { ms: 60, text: 'x' } } }
        await fetch(url, {
          method: 'POST',
          headers: { ...session.headers, 'content-type': 'application/json' },
          body: JSON.stringify(call),
          signal: gone.signal,
        }).catch(() => {})
      }),
    )
    await Promise.all(abandoned)
    await until(() => {
      own.advance(61_000)
      return more() === 0
    }, 'the abandoned and the idle ones are gone')
    await Promise.all(Array.from({ length: 3 }, () => openSession(url)))
    expect(more()).toBe(3)
    await own[Symbol.asyncDispose]()
    expect(more()).toBe(0)
  })

  it('of an initialize whose client went away end', async () => {
    const before = childrenOf(process.pid).length
    await using own = await startBridge({
      servers: { slow: { command: process.execPath, args: ['-e', 'process.stdin.resume()'] } },
    })
    const gone = new AbortController()
    const lost = fetch(`${own.url}/slow/mcp`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(INITIALIZE),
      signal: gone.signal,
    })
    await until(() => childrenOf(process.pid).length === before + 1, 'it has started')
    gone.abort()
    await expect(lost).rejects.toThrow()
    await until(() => childrenOf(process.pid).length === before, 'it has ended')
  })
})
