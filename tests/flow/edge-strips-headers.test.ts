import { connect } from 'node:net'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { INITIALIZE, OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const remote = await startHttpMcpServer()
const gateway = await startGateway({}, { servers: { remote: { url: remote.url } } })
afterAll(() => Promise.all([gateway.close(), remote.close()]))
beforeEach(() => {
  remote.seen.length = 0
})

const client = new OAuthClient(gateway.server('remote'))
await client.signIn(createPerson({ password: PASSWORD }))

const CANARY = 'canary-of-the-client'
const AUTH_NAMES = ['Assertion', 'Subject', 'User', 'Email', 'Client', 'Scopes', 'Groups', 'Whatever-Comes-Next']
/** Servers by CGI, WSGI and the like take all of these for one name. */
const SPELLINGS = AUTH_NAMES.flatMap((name) => [
  `X-Auth-${name}`,
  `x-auth-${name.toLowerCase()}`,
  `X-AUTH-${name.toUpperCase()}`,
  `X_Auth_${name.replaceAll('-', '_')}`,
  `X.Auth.${name.replaceAll('-', '.')}`,
  `X-Auth_${name}`,
  `X_Auth-${name}`,
  `X.Auth_${name}`,
])
const BETWEEN_CLIENT_AND_GATEWAY = [
  'Cookie',
  'DPoP',
  'Proxy-Authorization',
  'X-Request-Id',
  'X-Api-Key-Id',
  'X-Signature',
  'Signature',
]
const WORD_OF_A_PROXY = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Uri',
  'X-Forwarded-User',
  'X_Forwarded_User',
  'X-Real-Ip',
  'X-Original-Url',
  'X-HTTP-Method-Override',
]

const call = (headers: Readonly<Record<string, string | string[]>>) =>
  send(gateway.server('remote'), {
    method: 'POST',
    headers: { ...client.headers(), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(INITIALIZE),
  })

describe('a server behind the one-process edge', () => {
  it('gets these headers of a plain call, and no others', async () => {
    expect((await call({})).status).toBe(200)
    const [headers = {}] = remote.seen
    const own = ['accept', 'connection', 'content-length', 'content-type', 'host', 'x-auth-assertion', 'x-request-id']
    expect(Object.keys(headers).filter((name) => name !== 'mcp-protocol-version')).toEqual(expect.arrayContaining(own))
    expect(Object.keys(headers).filter((name) => !own.includes(name) && !name.startsWith('mcp-'))).toEqual([])
    expect(JSON.stringify(headers)).not.toContain(client.tokens?.access_token)
  })

  it.each([...SPELLINGS, ...BETWEEN_CLIENT_AND_GATEWAY, ...WORD_OF_A_PROXY])('never sees a client’s own %s', async (name) => {
    expect((await call({ [name]: CANARY })).status).toBe(200)
    const [headers = {}] = remote.seen
    expect(JSON.stringify(headers)).not.toContain(CANARY)
    // The assertion is ours, whatever came under its name.
    expect(headers['x-auth-assertion']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  it('never sees a header of ours that a client asks to be dropped on the way', async () => {
    expect((await call({ connection: 'close, x-auth-assertion, x-request-id, authorization' })).status).toBe(200)
    expect(remote.seen[0]?.['x-auth-assertion']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  it('is not reached by a call with two Authorization headers, or with none that holds', async () => {
    const token = `Bearer ${client.tokens?.access_token}`
    for (const authorization of [[token, token], [token, 'Bearer x'], 'Bearer x', `Basic ${btoa('a:b')}`]) {
      expect((await call({ authorization })).status).toBe(401)
    }
    expect((await call({ authorization: 'Bearer x', 'X-Auth-Assertion': CANARY })).status).toBe(401)
    expect(remote.seen).toEqual([])
  })

  it.each([
    ['/remote//mcp'],
    ['//remote/mcp'],
    ['/REMOTE/mcp'],
    ['/remote/MCP'],
    ['/remote/mcp//'],
    ['/remote/mcp/.'],
    ['/./remote/mcp'],
    ['/x/../remote/mcp'],
    ['/%72emote/mcp'],
    ['/remote%2Fmcp'],
    ['/remote/mcp%00'],
    ['/remote/mcp;a=b'],
    ['/remote/mcp#'],
    ['/remote\\mcp'],
  ])('is not reached at %s, with a token or without', async (path) => {
    const url = new URL(gateway.url)
    for (const authorization of [`Bearer ${client.tokens?.access_token}`, undefined]) {
      const status = await rawStatus(url, path, authorization)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }
    expect(remote.seen).toEqual([])
  })
})

/** By hand, because every client library tidies a path. */
async function rawStatus(url: URL, path: string, authorization: string | undefined): Promise<number> {
  const socket = connect(Number(url.port), '127.0.0.1')
  const body = JSON.stringify(INITIALIZE)
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `${authorization === undefined ? '' : `Authorization: ${authorization}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`,
  )
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
}
