import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type BridgeUnderTest, fixture, startBridge } from '../../testing/bridge-under-test.ts'
import { allMessagesOf, messagesOf, openSession, type RpcMessage, type TestSession, until } from '../../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let bridge: BridgeUnderTest
let url: string

beforeAll(async () => {
  bridge = await startBridge({
    servers: { chatty: fixture('chatty'), echo: fixture('echo') },
    config: { callTimeoutSeconds: 30 },
  })
  url = `${bridge.url}/chatty/mcp`
})
afterAll(() => bridge[Symbol.asyncDispose]())

const call = (
  session: TestSession,
  id: unknown,
  name: string,
  args: object,
  more: { token?: unknown; headers?: Record<string, string> } = {},
) =>
  session.post(
    {
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: args, ...(more.token === undefined ? {} : { _meta: { progressToken: more.token } }) },
    },
    more.headers,
  )

const nextOf = async (messages: AsyncGenerator<RpcMessage>): Promise<RpcMessage> => {
  const next = await messages.next()
  if (next.done === true) throw new Error('the stream has ended')
  return next.value
}

describe('progress', () => {
  it('comes on the stream of its call, with the token of the client, before the answer that ends it', async () => {
    const session = await openSession(url)
    const response = await call(session, 7, 'progress', { steps: 3 }, { token: 'té"k' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    const messages = await allMessagesOf(response)
    expect(messages.slice(0, 3).map(({ params }) => params)).toEqual(
      [1, 2, 3].map((progress) => ({ progressToken: 'té"k', progress })),
    )
    expect(messages.slice(3)).toMatchObject([{ id: 7, result: { content: [{ text: 'done' }] } }])
  })

  it('finds its call when two calls of a session use one token', async () => {
    const session = await openSession(url)
    const [one, two] = await Promise.all([
      call(session, 1, 'progress', { steps: 2 }, { token: 1 }).then(allMessagesOf),
      call(session, 2, 'progress', { steps: 4 }, { token: 1 }).then(allMessagesOf),
    ])
    expect([one.length, two.length]).toEqual([3, 5])
  })

  it('moves the time limit', async () => {
    const session = await openSession(url)
    const response = await call(session, 1, 'hang', {}, { token: 't' })
    const messages = messagesOf(response)
    expect(await nextOf(messages)).toMatchObject({ params: { progressToken: 't' } })
    bridge.advance(29_000)
    bridge.advance(2_000)
    expect(await nextOf(messages)).toMatchObject({ id: 1, error: { code: -32001 } })
  })

  it.each([['application/json'], ['*/*'], [undefined]])(
    'is left out for a client that does not ask for a stream: Accept %s',
    async (accept) => {
      const session = await openSession(url)
      const response = await call(
        session,
        7,
        'progress',
        { steps: 3 },
        { token: 1, headers: accept === undefined ? { accept: '' } : { accept } },
      )
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toMatchObject({ id: 7, result: { content: [{ text: 'done' }] } })
    },
  )
})

describe('a question of the server', () => {
  it('comes on the stream of the only call in flight, and its answer finds the way back', async () => {
    const session = await openSession(url)
    const response = await call(session, 1, 'elicit', { message: 'Sure?' })
    const messages = messagesOf(response)
    const question = await nextOf(messages)
    expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Sure?' } })
    expect((await session.post({ jsonrpc: '2.0', id: question.id, result: { action: 'accept' } })).status).toBe(202)
    expect(await nextOf(messages)).toMatchObject({ id: 1, result: { content: [{ text: '{"action":"accept"}' }] } })
    expect((await messages.next()).done).toBe(true)
  })

  it('waits for the GET stream when no call is in flight', async () => {
    const session = await openSession(url)
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    const messages = messagesOf(await session.get())
    const question = await nextOf(messages)
    expect(question.method).toBe('roots/list')
    await session.post({ jsonrpc: '2.0', id: question.id, result: { roots: [] } })
    expect(await nextOf(messages)).toMatchObject({ method: 'notifications/roots_seen', params: { result: { roots: [] } } })
  })

  it('is answered with an error when no stream comes for it', async () => {
    const session = await openSession(url)
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    // A call that takes no stream, so that the question is not asked on it.
    const asked = () => call(session, 1, 'asked', {}, { headers: { accept: 'application/json' } })
    await until(async () => (await (await asked()).text()).includes('"text":"1"'), 'the question has been asked')
    bridge.advance(61_000)
    const first = await nextOf(messagesOf(await session.get()))
    expect(first).toMatchObject({ method: 'notifications/roots_seen', params: { error: { code: -32603 } } })
  })
})

describe('the GET stream', () => {
  it('carries notifications of no call, while calls get JSON', async () => {
    const session = await openSession(url)
    const stream = await session.get()
    expect([stream.status, stream.headers.get('content-type'), stream.headers.get('x-accel-buffering')]).toEqual([
      200,
      'text/event-stream',
      'no',
    ])
    const response = await call(session, 1, 'log', { text: 'hello' })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await nextOf(messagesOf(stream))).toMatchObject({ method: 'notifications/message', params: { data: 'hello' } })
  })

  it('leaves notifications to the only call in flight when it is not open', async () => {
    const session = await openSession(url)
    const messages = await allMessagesOf(await call(session, 1, 'log', { text: 'hello' }))
    expect(messages).toMatchObject([{ params: { data: 'hello' } }, { id: 1 }])
  })

  it('is one: a second one is 409, and the first lives on', async () => {
    const session = await openSession(url)
    const first = await session.get()
    const second = await session.get()
    expect([second.status, second.headers.get('content-type')]).toEqual([409, 'application/json'])
    await call(session, 1, 'log', { text: 'hello' })
    expect(await nextOf(messagesOf(first))).toMatchObject({ params: { data: 'hello' } })
  })

  it('may be opened again when its client has gone', async () => {
    const session = await openSession(url)
    const first = await session.get()
    await first.body?.cancel()
    let second = await session.get()
    await until(async () => {
      if (second.status === 409) second = await session.get()
      return second.status === 200
    }, 'a new stream')
    await call(session, 1, 'log', { text: 'again' })
    expect(await nextOf(messagesOf(second))).toMatchObject({ params: { data: 'again' } })
  })

  it('has a comment every fifteen seconds', async () => {
    const session = await openSession(url)
    const reader = (await session.get()).body?.getReader()
    bridge.advance(15_000)
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': keep-alive\n\n')
  })

  it('ends with its session', async () => {
    const session = await openSession(url)
    const stream = await session.get()
    await session.delete()
    expect(await stream.text()).toBe('')
  })
})

describe('a client that reads slowly', () => {
  it('makes its own server wait, not the bridge’s memory grow', async () => {
    const session = await openSession(`${bridge.url}/echo/mcp`)
    const held = () => process.memoryUsage().arrayBuffers
    const before = held()
    const sockets = Array.from({ length: 40 }, (_none, id) => {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: 'big', arguments: { bytes: 5_000_000 } },
      })
      const { host, port } = new URL(bridge.url)
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(
        `POST /echo/mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nMcp-Session-Id: ${session.id}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      return socket.pause()
    })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(held() - before).toBeLessThan(64_000_000)
    const other = await openSession(`${bridge.url}/echo/mcp`)
    expect(await other.call('echo', { text: 'not held up' })).toBe('not held up')
    for (const socket of sockets) socket.destroy()
    expect(await session.call('echo', { text: 'goes on' })).toBe('goes on')
  })
})
