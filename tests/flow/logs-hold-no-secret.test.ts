import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeGithub } from '../support/fake-github.ts'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const github = await startFakeGithub()
const environment = {
  GITHUB_URL: github.url,
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  ALLOWED_USERS: '*',
}
const gateway = await startGateway({ ...environment, OPERATOR_PASSWORD: PASSWORD })
afterAll(() => Promise.all([gateway.close(), github.close()]))

/** What must not be in a log, by what it is. */
const canaries = new Map<string, string>([
  ['the operator password', PASSWORD],
  ['the secret that encrypts', 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'],
  ['our secret at GitHub', github.clientSecret],
  ['a wrong password', 'wrong-password-canary'],
  ['a made-up bearer token', 'made-up-token-canary'],
  ['a made-up refresh token', 'made-up-refresh-canary'],
  ['a made-up code', 'made-up-code-canary'],
  ['a made-up client secret', 'made-up-secret-canary'],
  ['what a tool was told', 'tool-argument-canary'],
  ['a cookie of somebody', 'cookie-canary'],
])

beforeAll(async () => {
  const people = [createPerson({ password: PASSWORD }), createPerson({ provider: 'github' })]
  for (const person of people) {
    const client = new OAuthClient(gateway.server(), { registration: { redirect_uris: ['http://127.0.0.1:53123/callback'] } })
    await client.discover()
    const registration = await client.register()
    const attempt = client.prepareAuthorization({ state: `state-canary-${canaries.size}` })
    const answer = await client.authorize(person, attempt)
    const tokens = (await client.exchange(answer.get('code') ?? '', attempt)).json()
    client.tokens = tokens as unknown as NonNullable<typeof client.tokens>
    await client.call('tools/call', { name: 'echo', arguments: { message: 'tool-argument-canary' } })
    const old = client.tokens.refresh_token
    await client.refreshTokens()
    await client.exchange(answer.get('code') ?? '', attempt)
    const kind = canaries.size
    for (const [what, value] of [
      ['an authorization code', answer.get('code')],
      ['a state', attempt.state],
      ['a code verifier', attempt.verifier],
      ['an access token', String(tokens.access_token)],
      ['a refresh token', old],
      ['the next refresh token', client.tokens.refresh_token],
      ['a client secret', registration.client_secret],
      ['a registration access token', registration.registration_access_token],
      ...person.jar.list().map(({ name, value }) => [`the cookie ${name}`, value]),
    ]) {
      if (value) canaries.set(`${what} (${kind})`, value)
    }
  }
  for (const { params } of github.requests) {
    for (const name of ['code', 'state', 'client_secret', 'code_verifier']) {
      if (params[name]) canaries.set(`GitHub's ${name} ${canaries.size}`, params[name])
    }
  }
  await makeTrouble()
})

/** Refusals and faults log more than what goes well. */
async function makeTrouble(): Promise<void> {
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    send(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: encodeForm(fields),
    })
  await createPerson({ password: 'wrong-password-canary' })
    .authorize(`${gateway.url}/authorize?client_id=x&state=made-up-code-canary`)
    .catch(() => {})
  const client = new OAuthClient(gateway.server())
  await client.signIn(createPerson({ password: 'wrong-password-canary' })).catch(() => {})
  await send(gateway.server(), {
    method: 'POST',
    headers: { authorization: 'Bearer made-up-token-canary', cookie: '__Host-x=cookie-canary' },
  })
  await post('/token', {
    grant_type: 'refresh_token',
    refresh_token: 'made-up-refresh-canary',
    client_id: 'x',
    client_secret: 'made-up-secret-canary',
  })
  await post(
    '/token',
    { grant_type: 'authorization_code', code: 'made-up-code-canary' },
    { authorization: `Basic ${Buffer.from('x:made-up-secret-canary').toString('base64')}` },
  )
  await post('/revoke', { token: 'made-up-token-canary' })
  await send(`${gateway.url}/callback/github?code=made-up-code-canary&state=made-up-code-canary`, {
    headers: { cookie: '__Host-x=cookie-canary' },
  })
  await send(`${gateway.url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"client_secret":"made-up-secret-canary"',
  })
  for (const fault of [new Error('made-up-token-canary is in no message of ours'), new TypeError('x')]) {
    if (fault.message.includes('canary')) continue
    const mend = gateway.breakStore(fault)
    await post('/token', {
      grant_type: 'refresh_token',
      refresh_token: 'made-up-refresh-canary',
      client_id: client.registration.client_id,
    })
    await send(gateway.server(), { method: 'POST', headers: { authorization: 'Bearer made-up-token-canary' } })
    mend()
  }
  github.setFault('token', 'error-body')
  await new OAuthClient(gateway.server()).signIn(createPerson({ provider: 'github' })).catch(() => {})
}

describe('the log of a whole run at trace level', () => {
  it('holds none of the secrets that went through', () => {
    const log = gateway.logs()
    const leaked = [...canaries].filter(
      ([, value]) => value.length >= 8 && (log.includes(value) || log.includes(encodeURIComponent(value))),
    )
    expect(leaked.map(([what]) => what)).toEqual([])
    expect(canaries.size).toBeGreaterThan(30)
  })

  it('is one JSON object a line, with the service, a level and a time', () => {
    const lines = gateway.logs().trim().split('\n')
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ service: 'gatehouse', level: expect.any(String), time: expect.any(String) })
  })

  it('says the reason of every refusal, with the request’s id', () => {
    const refusals = gateway
      .logs()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.event === 'refused')
    expect(refusals.length).toBeGreaterThan(5)
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: expect.any(String), status: expect.any(Number) })
  })

  it('keeps one line one line, whatever a caller writes (LOG-02)', async () => {
    await send(`${gateway.url}/authorize?client_id=${encodeURIComponent('x\r\n{"level":"fatal"}\u001b[31m')}`, {
      headers: { 'user-agent': '"}\\n{"a":"b' },
    })
    for (const line of gateway.logs().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
  })
})
