import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { form, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { createJudge, readOpenapi } from './described.ts'
import { type Observation, observe } from './observe.ts'
import { fieldsOf, openWindow } from './window.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const github = await startFakeGithub()
const PROVIDERS = {
  OPERATOR_PASSWORD: PASSWORD,
  GITHUB_URL: github.url,
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  ALLOWED_USERS: '*',
}
const servers = { echo: echoServer(), closed: echoServer({ allow: ['github:nobody'] }) }
const gateway = await startGateway(PROVIDERS, { servers })
const strict = await startGateway({ REGISTRATION: 'token', PERSONAL_TOKEN_MAX_DAYS: '0' })
const off = await startGateway({ REGISTRATION: 'off', DEVICE_GRANT: 'off' })
const gateways = [gateway, strict, off]
afterAll(() => Promise.all([...gateways, github].map((each) => each.close())))
const observed = gateways.map(({ gatehouse }): Observation => observe(gatehouse.auth.publicApp.server))

const { throttles } = gateway.gatehouse.auth.stores
const ADDRESS = '127.0.0.1'
const exhaust = async (key: string, times: number) => {
  for (let hit = 0; hit < times; hit++) await throttles.hit(key, 900)
}

/** A client with a secret that signs in by a device code, too. */
const client = new OAuthClient(gateway.server())
await client.discover()
const { client_id, client_secret = '' } = await client.register({
  redirect_uris: [client.redirectUri],
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
})
const own = { client_id, client_secret }

const nobody = openWindow(gateway)
const person = createPerson({ password: PASSWORD })
await client.signIn(person)
const window = openWindow(gateway, person)
const ask = (path: string, fields: Record<string, string>, headers = {}) =>
  send(`${gateway.url}${path}`, { method: 'POST', ...form(fields), headers: { ...form(fields).headers, ...headers } })
const preflight = async (path: string) => (await send(`${gateway.url}${path}`, { method: 'OPTIONS' })).status

describe('every answer is as described', () => {
  it('of pushed requests', async () => {
    const { url } = client.prepareAuthorization()
    const request = { ...Object.fromEntries(url.searchParams), ...own }
    expect((await ask('/par', request)).status).toBe(201)
    expect((await ask('/par', { ...request, code_challenge: 'x' })).status).toBe(400)
    expect((await ask('/par', { ...request, client_secret: 'x' })).status).toBe(401)
    expect(await preflight('/par')).toBe(204)
    await exhaust(`par:${ADDRESS}`, 1000)
    expect((await ask('/par', request)).status).toBe(429)
  })

  it('of introspection', async () => {
    const token = client.tokens?.access_token ?? ''
    expect((await ask('/introspect', { ...own, token })).json()).toMatchObject({ active: true })
    expect((await ask('/introspect', { ...own, token: client.tokens?.refresh_token ?? '' })).json().active).toBe(true)
    expect((await ask('/introspect', { ...own, token: 'x' })).json()).toEqual({ active: false })
    const signed = await ask('/introspect', { ...own, token }, { accept: 'application/token-introspection+jwt' })
    expect(signed.headers['content-type']).toBe('application/token-introspection+jwt')
    expect((await ask('/introspect', own)).status).toBe(400)
    expect((await ask('/introspect', { token })).status).toBe(401)
    expect(await preflight('/introspect')).toBe(204)
  })

  it('of devices', async () => {
    const start = async (resource = gateway.server()) =>
      (await ask('/device_authorization', { ...own, resource })).json() as Record<string, string>
    const { user_code = '', device_code = '' } = await start()
    const poll = () => ask('/token', { ...own, grant_type: DEVICE_CODE, device_code })
    expect((await poll()).json().error).toBe('authorization_pending')
    expect((await ask('/device_authorization', { ...own, resource: 'https://evil.test/' })).status).toBe(400)
    expect((await ask('/device_authorization', { client_id: 'nobody' })).status).toBe(401)
    expect([await preflight('/device_authorization'), await preflight('/device/qr')]).toEqual([204, 204])
    expect((await nobody.get(`/device/qr?user_code=${user_code}`)).headers['content-type']).toMatch('svg')
    expect((await nobody.get(`/device/qr?user_code=${user_code}&format=text`)).headers['content-type']).toMatch('text/plain')
    expect((await nobody.get('/device/qr?user_code=x')).status).toBe(400)

    expect((await nobody.get('/device')).status).toBe(303)
    expect((await window.get('/device')).status).toBe(200)
    expect((await window.get('/device?user_code=BBBB-BBBB')).status).toBe(400)
    const closed = await start(gateway.server('closed'))
    const octocat = createPerson({ provider: 'github' })
    await client.signIn(octocat)
    expect((await openWindow(gateway, octocat).get(`/device?user_code=${closed.user_code}`)).status).toBe(403)
    const fields = fieldsOf(await window.get(`/device?user_code=${user_code}`), '/device')
    expect((await nobody.post('/device', fields)).status).toBe(303)
    expect((await window.post('/device', { ...fields, csrf: 'x' })).status).toBe(403)
    expect((await window.post('/device', { ...fields, user_code: 'x' })).status).toBe(400)
    expect((await window.post('/device', { ...fields, decision: 'approve' })).status).toBe(200)
    gateway.clock.advance(10)
    expect((await poll()).status).toBe(200)
    await exhaust('user-code:password:operator', 20)
    expect((await window.get(`/device?user_code=${user_code}`)).status).toBe(429)
    await exhaust(`device-start:${ADDRESS}`, 1000)
    expect((await ask('/device_authorization', own)).status).toBe(429)
  })

  it('of accounts', async () => {
    const twice = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const path of ['/account', '/account/tokens/new']) {
      expect((await nobody.get(path)).status).toBe(303)
      expect((await window.get(path)).status).toBe(200)
      expect((await window.get(`${path}?done=a&done=b&resource=x&resource=y`)).status).toBe(400)
    }
    for (const path of ['/account/disconnect', '/account/sign-out', '/account/tokens', '/account/tokens/revoke']) {
      expect((await nobody.post(path, {})).status).toBe(303)
      expect((await window.post(path, { csrf: 'x', stamp: 'x' }, twice)).status).toBe(403)
    }
    const form = await window.get(`/account/tokens/new?resource=${encodeURIComponent(gateway.server())}`)
    const fields = fieldsOf(form, '/account/tokens')
    expect((await window.post('/account/tokens', { ...fields, name: '' })).status).toBe(400)
    expect((await window.post('/account/tokens', { ...fields, name: 'ci', days: '7' })).status).toBe(200)
    const list = await window.get('/account')
    const actions = ['/account/disconnect', '/account/tokens/revoke', '/account/sign-out'] as const
    const [disconnect, revoke, signOut] = actions.map((action) => fieldsOf(list, action))
    expect((await window.post('/account/tokens/revoke', revoke ?? {})).status).toBe(303)
    expect((await window.post('/account/disconnect', disconnect ?? {})).status).toBe(303)
    expect((await window.post('/account/sign-out', signOut ?? {})).status).toBe(400)
    gateway.clock.advance(1000)
    expect((await window.post('/account/tokens/revoke', revoke ?? {})).status).toBe(400)
    expect((await window.post('/account/disconnect', disconnect ?? {})).status).toBe(400)
    const fresh = fieldsOf(await window.get('/account'), '/account/sign-out')
    expect((await window.post('/account/sign-out', { ...fresh, what: 'everything' })).status).toBe(200)
  })

  it('where the operator wants less', async () => {
    const metadata = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    expect((await send(`${strict.url}/register`, metadata)).status).toBe(401)
    expect((await send(`${off.url}/register`, metadata)).status).toBe(403)
    expect((await send(`${off.url}/device`)).status).toBe(400)
    expect((await send(`${off.url}/.well-known/oauth-authorization-server`)).status).toBe(200)
    const operator = createPerson({ password: PASSWORD })
    await operator.open(`${strict.url}/sign-in`)
    const [visit] = operator.visits
    if (visit)
      await operator.press(visit, visit.page.forms[0]?.buttons[0] ?? { name: undefined, value: '' }, { password: PASSWORD })
    const account = openWindow(strict, operator)
    expect((await account.get('/account/tokens/new')).status).toBe(404)
    expect((await account.post('/account/tokens', {})).status).toBe(404)
  })

  it('while the store is away', async () => {
    const somebody = createPerson({ password: PASSWORD })
    await client.signIn(somebody)
    const account = openWindow(gateway, somebody)
    const restore = gateway.breakStore(new StoreUnavailableError(undefined))
    try {
      const answers = [
        ask('/par', own),
        ask('/introspect', { ...own, token: 'x' }),
        ask('/device_authorization', own),
        account.get('/device?user_code=BBBB-BBBB'),
        account.post('/device', {}),
        account.get('/account'),
        account.get('/account/tokens/new'),
        ...['disconnect', 'sign-out', 'tokens', 'tokens/revoke'].map((path) => account.post(`/account/${path}`, {})),
      ]
      for (const answer of answers) expect([(await answer).url.pathname, (await answer).status]).toEqual([expect.anything(), 503])
    } finally {
      restore()
    }
  })
})

describe('at the end', () => {
  it('no answer was other than described', () => {
    expect(observed.flatMap(({ faults }) => [...faults])).toEqual([])
  })

  it('every status in the document was seen', () => {
    const seen = new Set(observed.flatMap((each) => [...each.seen]))
    const promised = createJudge(readOpenapi())
      .places.filter(({ path }) => /^\/(par|introspect|device|account)/.test(path))
      .flatMap(({ method, path, operation }) => Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`))
      // Shown for every path in real-answers.test.ts.
      .filter((place) => !/ (413|415|421)$/.test(place))
    expect(promised.filter((place) => !seen.has(place))).toEqual([])
    expect([...seen]).toEqual(expect.arrayContaining(['POST /register 401', 'POST /register 403']))
  })
})
