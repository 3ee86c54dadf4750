import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, type HttpResponse, json, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

const client = new OAuthClient(gateway.server())
await client.signIn(createPerson({ password: PASSWORD }))
const attempt = client.prepareAuthorization()
const code = (await client.authorize(createPerson({ password: PASSWORD }), attempt)).get('code') ?? ''

const ASK: readonly [string, () => Promise<HttpResponse>][] = [
  ['a call', () => client.post({ jsonrpc: '2.0', id: 1, method: 'ping' })],
  ['a refresh', () => client.refresh()],
  ['a code', () => client.exchange(code, attempt)],
  [
    'a registration',
    () => client.requestRegistration({ redirect_uris: ['https://new.example/cb'], token_endpoint_auth_method: 'none' }),
  ],
  ['/authorize', () => send(client.prepareAuthorization().url, { headers: { accept: 'text/html' } })],
  [
    'a revocation',
    () =>
      send(`${gateway.url}/revoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: encodeForm({ token: client.tokens?.refresh_token, client_id: client.registration.client_id }),
      }),
  ],
  [
    '/register/:client_id',
    () =>
      send(client.registration.registration_client_uri ?? '', {
        headers: { authorization: `Bearer ${client.registration.registration_access_token}` },
      }),
  ],
  ['a callback', () => send(`${gateway.url}/callback/github?code=x&state=y`)],
]

describe.each([
  ['is away', new StoreUnavailableError(new Error('connection refused'))],
  ['throws what nobody expects', new TypeError('undefined is not a function')],
])('while the store %s', (_what, error) => {
  it.each(ASK)('%s is never answered with 401 or invalid_grant, decision 1 (FLT-01)', async (what, ask) => {
    // Past the five seconds for which /verify trusts what it knew.
    if (what === 'a call') gateway.clock.advance(6)
    const mend = gateway.breakStore(error)
    const response = await ask().finally(mend)
    if (what === 'a callback' && response.status === 404) return
    expect([500, 503]).toContain(response.status)
    if (error instanceof StoreUnavailableError) {
      expect(response.status).toBe(503)
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    }
    expect(response.headers['www-authenticate']).toBeUndefined()
    expect(response.text).not.toMatch(/invalid_grant|invalid_token|invalid_client|undefined is not|connection refused/)
  })
})

describe('when the store is back', () => {
  it('everybody goes on where they were: nothing was lost, nothing spent', async () => {
    expect(await client.knock()).toBe('open')
    expect((await client.refresh()).status).toBe(200)
    expect((await client.exchange(code, attempt)).status).toBe(200)
  })

  it('a cached answer carried calls through the first five seconds', async () => {
    expect(await client.knock()).toBe('open')
    const mend = gateway.breakStore(new StoreUnavailableError(new Error('gone')))
    const status = await client.knock().finally(mend)
    expect(status).toBe('open')
  })
})

describe('a SQLite file that was closed underneath', () => {
  it('is an outage like any other', async () => {
    const own = await startGateway()
    const other = new OAuthClient(own.server())
    await other.signIn(createPerson({ password: PASSWORD }))
    await own.gatehouse.auth.stores.close()
    own.clock.advance(6)
    for (const response of [
      await other.post({}),
      await other.refresh(),
      await send(`${own.url}/register`, { method: 'POST', ...json({ redirect_uris: ['https://a.example/'] }) }),
    ]) {
      expect(response.status).toBe(503)
    }
    await own.close().catch(() => {})
  })
})
