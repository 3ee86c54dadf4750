import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type BridgeUnderTest, fixture, startBridge } from '../../testing/bridge-under-test.ts'
import { allMessagesOf, openSession, type RpcAnswer, type TestSession, textOf, until } from '../../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let bridge: BridgeUnderTest
let url: string
let session: TestSession

beforeAll(async () => {
  bridge = await startBridge({ servers: { echo: fixture('echo') }, config: { callTimeoutSeconds: 30 } })
  url = `${bridge.url}/echo/mcp`
  session = await openSession(url)
})
afterAll(() => bridge[Symbol.asyncDispose]())

const callOf = (name: string, args: Record<string, unknown>, id: unknown, meta?: Record<string, unknown>) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
})

describe('an answer', () => {
  it.each([
    ['a number', '1'],
    ['zero', '0'],
    ['a negative number', '-7'],
    ['a number beyond 2^53', '9007199254740993'],
    ['a number with an exponent', '1e3'],
    ['a string', '"abc"'],
    ['a string with escapes, as it was escaped', '"\\u0041\\n\\"\\/"'],
    ['a string beyond ASCII', '"✓ ünï 🎉"'],
    ['an empty string', '""'],
    ['the name of an object member', '"__proto__"'],
  ])('carries the id of its request byte for byte: %s', async (_what, id) => {
    const response = await session.post(
      `{"jsonrpc":"2.0","method":"tools/call","id": ${id} ,"params":{"name":"echo","arguments":{"text":"ü"}}}`,
    )
    const text = await response.text()
    expect(text).toContain(`"id":${id}}`)
    expect(JSON.parse(text)).toMatchObject({ result: { content: [{ text: 'ü' }] } })
  })

  it('finds its request when one session uses an id for several at once', async () => {
    const texts = Array.from({ length: 50 }, (_none, index) => `text ${index}`)
    expect(await Promise.all(texts.map((text) => session.call('shuffled', { text }, 'same')))).toEqual(texts)
  })

  it('finds its client when 40 clients use the same ids', async () => {
    const sessions = await Promise.all(Array.from({ length: 40 }, () => openSession(url)))
    const answers = await Promise.all(
      sessions.flatMap((session, client) =>
        Array.from(
          { length: 10 },
          async (_none, id) => (await session.call('shuffled', { text: `${client}/${id}` }, id)) === `${client}/${id}`,
        ),
      ),
    )
    expect(answers.filter((right) => !right)).toEqual([])
    await Promise.all(sessions.map((session) => session.delete()))
  })

  it('is right for 1,000 calls at once', async () => {
    const texts = Array.from({ length: 1000 }, (_none, index) => `n${index}`)
    expect(await Promise.all(texts.map((text) => session.call('echo', { text })))).toEqual(texts)
  })

  it('may be 10 MB', async () => {
    expect((await session.call('big', { bytes: 10_000_000 })).length).toBe(10_000_000)
  })

  it('comes to an argument of 5 MB', async () => {
    expect(await session.call('size', { text: 'y'.repeat(5_000_000) })).toBe('5000000')
  })

  it('keeps what would end a line inside a string', async () => {
    const text = 'one\ntwo\r\nthree\u2028four\u2029five\0six 🎉'
    expect(await session.call('echo', { text })).toBe(text)
    const pretty = JSON.stringify(callOf('echo', { text }, 9), null, 2).replaceAll('\n', '\r\n')
    expect(textOf((await (await session.post(pretty)).json()) as RpcAnswer)).toBe(text)
  })

  it('is the error of the server, as it is', async () => {
    const response = await session.post({ jsonrpc: '2.0', id: 1, method: 'nope/nope' })
    expect([response.status, await response.json()]).toEqual([
      200,
      { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'no such method' } },
    ])
  })

  it('is dropped when its client has gone, and the call is not cancelled', async () => {
    const gone = new AbortController()
    const lost = fetch(url, {
      method: 'POST',
      headers: { ...session.headers, 'content-type': 'application/json' },
      body: JSON.stringify(callOf('late', { ms: 100, text: 'lost' }, 1)),
      signal: gone.signal,
    })
    setTimeout(() => gone.abort(), 30)
    await expect(lost).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(await session.call('seen')).not.toContain('cancelled')
    expect(await session.call('echo', { text: 'fine' })).toBe('fine')
  })
})

describe('a notification or a response', () => {
  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a response', { jsonrpc: '2.0', id: 'never asked', result: {} }],
    ['a cancellation of nothing', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } }],
  ])('is accepted with 202 and no body: %s', async (_what, message) => {
    const response = await session.post(message)
    expect([response.status, await response.text()]).toEqual([202, ''])
  })
})

describe('a call that gets no answer', () => {
  /** A call that the server has and will not answer. */
  const inFlight = async (session: TestSession, id: unknown, ms = 0): Promise<Promise<Response>[]> => {
    const response = session.post(ms === 0 ? callOf('never', {}, id) : callOf('late', { ms, text: 'at last' }, id))
    await until(async () => (await session.call('seen')).includes('tools/call:2'), 'the call reached the server')
    return [response]
  }

  it('fails at the time limit; the server is told to stop', async () => {
    const session = await openSession(url)
    const [pending] = await inFlight(session, 'mine')
    bridge.advance(31_000)
    expect(await (await pending)?.json()).toEqual({
      jsonrpc: '2.0',
      id: 'mine',
      error: { code: -32001, message: 'The server "echo" did not answer within 30 s.' },
    })
    expect(await session.call('seen')).toContain('cancelled:2')
  })

  it('has the time limit of its server when it names one', async () => {
    await using own = await startBridge({ servers: { echo: fixture('echo', { timeoutSeconds: 2 }) } })
    const session = await openSession(`${own.url}/echo/mcp`)
    const [pending] = await inFlight(session, 1)
    own.advance(2_500)
    expect(await (await pending)?.json()).toMatchObject({ error: { code: -32001 } })
  })

  it('ends when its client cancels it, under the number that the server knows', async () => {
    const session = await openSession(url)
    const [pending] = await inFlight(session, 'mine')
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'mine', reason: 'enough' } }
    expect((await session.post(cancel)).status).toBe(202)
    expect(await (await pending)?.json()).toMatchObject({ id: 'mine', error: { code: -32800 } })
    expect(await session.call('seen')).toContain('cancelled:2')
  })

  it('gets comments on a stream after a while, so that nothing between closes the connection', async () => {
    const session = await openSession(url)
    const [pending] = await inFlight(session, 5, 300)
    bridge.advance(16_000)
    const response = (await pending) ?? Response.error()
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const messages = await allMessagesOf(response)
    expect(messages).toMatchObject([{ id: 5, result: { content: [{ text: 'at last' }] } }])
  })

  it('fails when its session is deleted', async () => {
    const session = await openSession(url)
    const [pending] = await inFlight(session, 4)
    await session.delete()
    expect(await (await pending)?.json()).toMatchObject({ id: 4, error: { code: -32603 } })
  })
})
