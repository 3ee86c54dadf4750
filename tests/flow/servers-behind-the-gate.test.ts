import { afterAll, describe, expect, it } from 'vitest'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { INITIALIZE, OAuthClient, readMessage } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const remote = await startHttpMcpServer()
const gateway = await startGateway(
  {},
  {
    servers: {
      echo: echoServer(),
      scoped: echoServer({ scopes: { read: ['list-*'], write: ['echo'] } }),
      remote: { url: remote.url },
    },
  },
)
afterAll(() => Promise.all([gateway.close(), remote.close()]))

const person = createPerson({ password: PASSWORD })
const client = new OAuthClient(gateway.server())
await client.signIn(person)
const reader = new OAuthClient(gateway.server('scoped'))
await reader.signIn(person, { scope: 'read' })
const remoteClient = new OAuthClient(gateway.server('remote'))
await remoteClient.signIn(person)

const bearer = { authorization: `Bearer ${client.tokens?.access_token}`, accept: 'application/json, text/event-stream' }
const rpc = (method: string, params: unknown = {}) => ({ jsonrpc: '2.0', id: 1, method, params })
const call = (message: unknown, headers: Record<string, string> = {}) =>
  send(gateway.server(), {
    method: 'POST',
    headers: { ...bearer, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(message),
  })

describe('a signed-in client', () => {
  it('with a session that is gone gets 404, never 401 (rule 38)', async () => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const response = await send(gateway.server(), {
        method,
        headers: {
          ...bearer,
          'mcp-session-id': 'a-session-of-yesterday',
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(rpc('tools/list')) } : {}),
      })
      expect(response.status).toBe(404)
      expect(response.headers['www-authenticate']).toBeUndefined()
    }
  })

  it('without MCP-Protocol-Version, and with Mcp-Method on an old call, is served (rule 39)', async () => {
    const opened = await call(
      rpc('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
      { 'mcp-method': 'initialize' },
    )
    expect(opened.status).toBe(200)
    const session = String(opened.headers['mcp-session-id'])
    const listed = await call(rpc('tools/list'), { 'mcp-session-id': session })
    expect(listed.status).toBe(200)
    expect(readMessage(listed)).toHaveProperty('result.tools')
  })

  it('that asks for server/discover gets a JSON-RPC answer or a 4xx, never a 5xx (rule 40)', async () => {
    const response = await call(rpc('server/discover'), { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' })
    expect(response.status).toBeLessThan(500)
    expect([401, 403]).not.toContain(response.status)
  })

  it('is served at the other spelling of the path, without a redirect (rule 11)', async () => {
    const response = await send(`${gateway.server()}/`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify(
        rpc('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
      ),
    })
    // The slash is another resource to nobody: the same token opens it.
    expect(response.status).toBe(200)
  })

  it('that may see its scope’s tools is told what it lacks by 403, with everything it has (rule 36, SCP-01)', async () => {
    const response = await reader.post(
      rpc('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
    )
    expect(response.status).toBe(200)
    await expect(reader.call('tools/call', { name: 'echo', arguments: { message: 'x' } })).rejects.toThrow(/403/)
    const session = String(response.headers['mcp-session-id'])
    const refusal = await send(gateway.server('scoped'), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${reader.tokens?.access_token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-session-id': session,
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify(rpc('tools/call', { name: 'echo', arguments: { message: 'x' } })),
    })
    expect(refusal.status).toBe(403)
    const challenge = refusal.headers['www-authenticate'] ?? ''
    expect(challenge).toMatch(/^Bearer /)
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toMatch(/scope="read write"|scope="write read"/)
    expect(challenge).toContain('resource_metadata="')
  })

  it('that calls a tool which nobody may call gets a JSON-RPC error with 200, no challenge (rule 36, decision 8)', async () => {
    const answer = await reader.call('tools/call', { name: 'delete-everything', arguments: {} })
    expect(answer).toHaveProperty('error.message')
  })
})

describe('a server', () => {
  it.each([
    ['as written', 'X-Auth-User', 'X-Auth-Assertion'],
    ['in capitals', 'X-AUTH-USER', 'X-AUTH-ASSERTION'],
    ['with underscores', 'X_Auth_User', 'X_Auth_Assertion'],
    ['with dots', 'X.Auth.User', 'X.Auth.Assertion'],
  ])(
    'never receives the client’s Authorization, cookies or a made-up identity %s (VER-04, VER-17)',
    async (_what, user, assertion) => {
      remote.seen.length = 0
      const answer = await send(gateway.server('remote'), {
        method: 'POST',
        headers: {
          ...remoteClient.headers(),
          'content-type': 'application/json',
          cookie: 'session=canary',
          [user]: 'github:1',
          [assertion]: 'canary',
          'x-forwarded-user': 'github:1',
          connection: `close, ${user}`,
        },
        body: JSON.stringify(INITIALIZE),
      })
      expect(answer.status).toBe(200)
      const [headers] = remote.seen
      expect(headers?.authorization).toBeUndefined()
      expect(headers?.cookie).toBeUndefined()
      expect(JSON.stringify(headers)).not.toMatch(/canary|github:1/)
      expect(JSON.stringify(headers)).not.toContain(remoteClient.tokens?.access_token)
    },
  )

  it('that the file does not name does not exist', async () => {
    for (const path of [
      '/nobody/mcp',
      '/echo',
      '/echo/sse',
      '/verify',
      '/metrics',
      '/readyz',
      '/__proto__/mcp',
      '/constructor/mcp',
    ]) {
      const response = await send(`${gateway.url}${path}`, { headers: bearer })
      expect([404, 405]).toContain(response.status)
    }
  })
})
