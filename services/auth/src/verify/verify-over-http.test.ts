import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createInternalListener } from '@gatehouse/runtime'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestContext } from '../testing/test-context.ts'
import type { VerifyAnswer } from './answer.ts'
import { verifyEndpoint } from './verify-endpoint.ts'

const ALLOWED: VerifyAnswer = { status: 200, headers: { 'x-auth-user': 'octocat', 'x-auth-assertion': 'a.b.c' }, body: '' }
const REFUSED: VerifyAnswer = {
  status: 401,
  headers: { 'content-type': 'application/json; charset=utf-8', 'www-authenticate': 'Bearer' },
  body: '{"error":"invalid_token","error_description":"é"}',
}
const ANSWERS: Readonly<Record<string, VerifyAnswer | Promise<VerifyAnswer>>> = {
  '/allowed': ALLOWED,
  '/refused': REFUSED,
  '/later': Promise.resolve(REFUSED),
  '/broken': { ...ALLOWED, headers: { 'x-auth-user': 'octo\ncat' } },
  '/broken-later': Promise.resolve({ ...ALLOWED, headers: { 'x-auth-user': 'octo\ncat' } }),
}

let app: FastifyInstance
beforeAll(async () => {
  const context = await createTestContext({ environment: { TRUSTED_PROXIES: '127.0.0.1' } })
  app = createInternalListener(context.log, context.metrics, async () => {})
  verifyEndpoint(app, context, {
    answer: ({ uri, authorization }) => (authorization?.includes(',') ? REFUSED : (ANSWERS[uri] ?? REFUSED)),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => app.close())

interface Seen {
  readonly status: number | undefined
  readonly headers: Record<string, unknown>
  readonly body: string
}

interface Asking {
  readonly path?: string
  readonly method?: string
  readonly headers: Record<string, string | string[]>
  readonly body?: string
  readonly agent?: Agent
}

/** Over a socket, as a proxy asks. */
function overHttp({ path = '/verify', method = 'GET', headers, body, agent }: Asking): Promise<Seen> {
  const { port } = app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false }, async (response) => {
      const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...seen } = response.headers
      resolve({ status: response.statusCode, headers: seen, body: await text(response) })
    })
      .on('error', reject)
      .end(body)
  })
}

/** Through Fastify's router and reply. */
async function throughFastify(headers: Record<string, string>): Promise<Seen> {
  const response = await app.inject({ method: 'GET', url: '/verify', headers, remoteAddress: '127.0.0.1' })
  const { date: _date, connection: _connection, ...seen } = response.headers
  return { status: response.statusCode, headers: seen, body: response.body }
}

describe('GET /verify over HTTP', () => {
  it.each<[string, Record<string, string>]>([
    ['a request that is let through', { 'x-forwarded-uri': '/allowed' }],
    ['a refusal', { 'x-forwarded-uri': '/refused' }],
    ['an answer that comes later', { 'x-forwarded-uri': '/later' }],
    ['a question without a URI', {}],
    ['a question with two', { 'x-forwarded-uri': '/allowed', 'x-original-uri': '/allowed' }],
  ])('answers %s as it does through Fastify', async (_what, headers) => {
    expect(await overHttp({ headers })).toEqual(await throughFastify(headers))
  })

  it.each(['/broken', '/broken-later'])('refuses, and lives on, when an answer cannot be written: %s', async (uri) => {
    expect(await overHttp({ headers: { 'x-forwarded-uri': uri } })).toMatchObject({ status: 500, body: '' })
    expect((await overHttp({ headers: { 'x-forwarded-uri': '/allowed' } })).status).toBe(200)
  })

  it('takes two Authorization headers for one with a comma', async () => {
    const headers = { 'x-forwarded-uri': '/allowed', authorization: ['Bearer one', 'Bearer two'] }
    expect((await overHttp({ headers })).status).toBe(401)
  })

  it.each([
    ['/healthz', 'GET', 200],
    ['/verify?uri=%2Fallowed', 'GET', 200],
    ['/verify', 'HEAD', 200],
    ['/verify', 'POST', 405],
    ['/verify/', 'GET', 404],
    ['//verify', 'GET', 404],
  ])('leaves %s with %s to Fastify', async (path, method, status) => {
    expect((await overHttp({ path, method, headers: { 'x-forwarded-uri': '/allowed' } })).status).toBe(status)
  })

  it('answers question after question on one connection, a body that nobody reads in between', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const connections = new Set<unknown>()
    app.server.on('connection', (socket) => connections.add(socket))
    for (let turn = 0; turn < 5; turn++) {
      const asking = { headers: { 'x-forwarded-uri': '/allowed', 'content-length': '4' }, body: 'body', agent }
      expect((await overHttp(asking)).status).toBe(200)
    }
    expect(connections.size).toBe(1)
    agent.destroy()
  })
})
