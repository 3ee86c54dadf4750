import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { open } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

/** Ctrl-C ends everything within ten seconds; the test leaves room for its own work. */
const LIMIT_MS = 9_000

describe('a gateway that is told to end', { timeout: 15_000 }, () => {
  it.each<[string, (gateway: Gateway) => Promise<() => void>]>([
    [
      'a browser that connected ahead and asked nothing (Chromium, undici)',
      async (gateway) => {
        const socket = connect(gateway.port, '127.0.0.1')
        await once(socket, 'connect')
        return () => socket.destroy()
      },
    ],
    [
      'a caller that stopped in the middle of its request',
      async (gateway) => {
        const socket = connect(gateway.port, '127.0.0.1', () =>
          socket.write('POST /token HTTP/1.1\r\nHost: localhost\r\nContent-'),
        )
        await once(socket, 'connect')
        return () => socket.destroy()
      },
    ],
    [
      'a client that listens to a stream',
      async (gateway) => {
        const client = new OAuthClient(gateway.server())
        await client.signIn(createPerson({ password: PASSWORD }))
        await client.call('tools/list')
        const stream = await open(new URL(gateway.server()), { headers: client.headers() })
        expect(stream.statusCode).toBe(200)
        stream.resume().on('error', () => {})
        return () => stream.destroy()
      },
    ],
  ])('does not wait for %s', async (_what, occupy) => {
    const gateway = await startGateway()
    const release = await occupy(gateway)
    const startedAt = performance.now()
    const outcome = await Promise.race([gateway.close().then(() => 'closed'), limit()])
    release()
    expect(outcome).toBe('closed')
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS)
  })
})

const limit = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('still waiting'), LIMIT_MS).unref())
