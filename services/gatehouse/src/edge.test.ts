import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createEdge } from './edge.ts'

const ASSERTION = 'ours.ours.ours'
type Auth = Parameters<typeof createEdge>[0]

/** The edge with a server `echo` to which everybody may go; what reaches the bridge comes back. */
function pass(headers: IncomingHttpHeaders, url = '/echo/mcp'): IncomingHttpHeaders | 'public' {
  let seen: IncomingHttpHeaders | 'public' | undefined
  const resource = { url: 'http://localhost/echo/mcp', server: undefined, servers: [], scopes: [] }
  const auth: Auth = {
    resources: { byPath: (path) => (path === '/echo/mcp' ? resource : undefined) },
    isKnownHost: (host) => host === 'localhost',
    verifier: {
      answer: () => ({ status: 200, headers: { 'x-auth-assertion': ASSERTION, 'x-request-id': 'ours-00001' }, body: '' }),
    },
  }
  const bridge = {
    handle: (request: IncomingMessage) => {
      seen = request.headers
    },
  }
  const request = { method: 'POST', url, headers: { host: 'localhost', ...headers } } as IncomingMessage
  createEdge(auth, bridge, () => {
    seen = 'public'
  })(request, {} as ServerResponse)
  if (seen === undefined) throw new Error('neither the bridge nor the public endpoints were asked')
  return seen
}

describe('the edge', () => {
  it.each([
    'authorization',
    'dpop',
    'proxy-authorization',
    'cookie',
    'x-auth-user',
    'x_auth_user',
    'x.auth.user',
    'x-auth_user',
    'x_auth-user',
    'x-auth.user',
    'x.auth-user',
    'x_auth.user',
    'x-auth-',
    'x_auth_assertion',
    'x.auth.assertion',
  ])('hands no %s on to the bridge', (name) => {
    const headers = pass({ [name]: 'canary' })
    expect(headers).not.toHaveProperty([name])
    expect(headers).toMatchObject({ 'x-auth-assertion': ASSERTION, 'x-request-id': 'ours-00001' })
  })

  it('puts its own assertion and request id in place of a client’s', () => {
    expect(pass({ 'x-auth-assertion': 'canary', 'x-request-id': 'canary-canary' })).toEqual({
      host: 'localhost',
      'x-auth-assertion': ASSERTION,
      'x-request-id': 'ours-00001',
    })
  })

  it('leaves every other header as it is', () => {
    const others = { 'x-authority': 'a', 'x-author': 'b', 'mcp-session-id': 'c', 'content-type': 'application/json' }
    expect(pass(others)).toMatchObject(others)
  })

  it('asks the bridge neither for another host nor for another spelling of the path', () => {
    expect(pass({ host: 'evil.example' })).toBe('public')
    expect(pass({}, '/echo/mcp#x')).toBe('public')
    expect(pass({}, '/ECHO/mcp')).toBe('public')
    expect(pass({}, 'http://localhost/echo/mcp')).toBe('public')
  })
})
