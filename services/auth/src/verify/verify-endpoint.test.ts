import { createInternalListener } from '@gatehouse/runtime'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestContext, type TestContext } from '../testing/test-context.ts'
import type { VerifyRequest } from './answer.ts'
import type { Verifier } from './verifier.ts'
import { verifyEndpoint } from './verify-endpoint.ts'

let context: TestContext
let app: FastifyInstance
const asked: VerifyRequest[] = []
const verifier: Verifier = {
  answer: (request) => {
    asked.push(request)
    const answer = { status: 200, headers: { 'x-auth-user': 'octocat' }, body: '' }
    return request.uri === '/later'
      ? Promise.resolve({ status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '{}' })
      : answer
  },
}
beforeAll(async () => {
  context = await createTestContext({ environment: { TRUSTED_PROXIES: '172.16.0.0/12, ::1' } })
  app = createInternalListener(context.log, context.metrics, async () => {})
  verifyEndpoint(app, context, verifier)
})
afterAll(() => app.close())

const ask = (
  headers: Record<string, string>,
  remoteAddress = '172.18.0.2',
  method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS' = 'GET',
) => app.inject({ method, url: '/verify', headers, remoteAddress })

describe('GET /verify', () => {
  it.each([
    ['Traefik and Caddy', { 'x-forwarded-uri': '/memory/mcp?x=1', 'x-forwarded-method': 'POST' }],
    ['nginx', { 'x-original-uri': '/memory/mcp?x=1', 'x-original-method': 'POST' }],
    [
      'nginx, whatever method its client claims,',
      { 'x-original-uri': '/memory/mcp?x=1', 'x-original-method': 'POST', 'x-forwarded-method': 'GET' },
    ],
  ])('asks what %s ask', async (_who, headers) => {
    const response = await ask({
      ...headers,
      authorization: 'Bearer x',
      dpop: 'proof',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    })
    expect(response.statusCode).toBe(200)
    expect(response.headers['x-auth-user']).toBe('octocat')
    expect(response.body).toBe('')
    expect(asked.at(-1)).toEqual({
      method: 'POST',
      uri: '/memory/mcp?x=1',
      authorization: 'Bearer x',
      dpop: 'proof',
      protocolVersion: '2026-07-28',
      mcpMethod: 'tools/call',
      mcpName: 'echo',
    })
  })

  it('passes on an answer that comes later', async () => {
    const response = await ask({ 'x-forwarded-uri': '/later' })
    expect([response.statusCode, response.headers['www-authenticate'], response.body]).toEqual([401, 'Bearer', '{}'])
  })

  it('answers HEAD without a body, and no other method', async () => {
    expect((await ask({ 'x-forwarded-uri': '/later' }, undefined, 'HEAD')).body).toBe('')
    for (const method of ['POST', 'OPTIONS'] as const) {
      const response = await ask({ 'x-forwarded-uri': '/memory/mcp' }, undefined, method)
      expect(response.statusCode).toBe(405)
      expect(response.headers.allow).toBe('GET, HEAD')
    }
  })

  it.each(['203.0.113.1', '10.0.0.1', '127.0.0.1', '::2'])(
    'refuses the peer %s, whatever its headers say (VER-08)',
    async (peer) => {
      const before = asked.length
      const headers = {
        'x-forwarded-uri': '/memory/mcp',
        'x-forwarded-for': '172.18.0.2',
        'x-real-ip': '172.18.0.2',
        forwarded: 'for=172.18.0.2',
      }
      const response = await ask(headers, peer)
      expect(response.statusCode).toBe(403)
      expect(asked).toHaveLength(before)
    },
  )

  it.each(['172.18.0.2', '::ffff:172.18.0.2', '::1'])('believes the peer %s', async (peer) => {
    expect((await ask({ 'x-forwarded-uri': '/memory/mcp' }, peer)).statusCode).toBe(200)
  })

  it.each<[string, Record<string, string>]>([
    ['no URI', {}],
    [
      'a URI in both headers, of which a client may have sent one (VER-07)',
      { 'x-forwarded-uri': '/memory/mcp', 'x-original-uri': '/docs/mcp' },
    ],
    ['a URI in a header that no proxy uses (VER-07)', { 'x-original-url': '/memory/mcp', 'x-rewrite-url': '/memory/mcp' }],
  ])('refuses %s', async (_what, headers) => {
    expect((await ask(headers)).statusCode).toBe(400)
  })
})
