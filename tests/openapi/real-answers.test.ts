import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { form, type HttpRequest, json, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { createJudge, type Place, readOpenapi } from './described.ts'
import { observe } from './observe.ts'

const { places } = createJudge(readOpenapi())

const github = await startFakeGithub()
const gateway = await startGateway(
  {
    OPERATOR_PASSWORD: PASSWORD,
    GITHUB_URL: github.url,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    ALLOWED_USERS: 'github:octocat',
  },
  {
    internal: true,
    servers: { echo: echoServer(), other: echoServer(), closed: echoServer({ allow: ['github:nobody'] }) },
  },
)
afterAll(() => Promise.all([gateway.close(), github.close()]))
const { publicApp, internalApp } = gateway.gatehouse.auth
const outside = observe(publicApp.server)
const inside = observe(internalApp.server, { isInternal: true })

const byPassword = () => createPerson({ password: PASSWORD })
const client = new OAuthClient(gateway.server())
await client.signIn(byPassword())
const { registration } = client
const MANAGED = { authorization: `Bearer ${registration.registration_access_token}` }

/** A path with something real in it. */
const concrete = (path: string) =>
  `${gateway.url}${path.replace('{server}', 'echo').replace('{clientId}', registration.client_id).replace('{provider}', 'github')}`

const isPublic = ({ operation }: Place) => !operation.tags.includes('internal') && !operation.tags.includes('mcp')
const publicPlaces = places.filter(isPublic)
const having = (status: number) => publicPlaces.filter(({ operation }) => operation.responses[status] !== undefined)
const SIGN_OUT = /action="[^"]*\/sign-out"[\s\S]*?name="csrf" value="([^"]+)"/
const mediaTypeOf = ({ operation }: Place) => Object.keys(operation.requestBody?.content ?? {})[0]

describe('the status that the document has for', () => {
  it.each(having(421))('$method $path under another host is what comes', async ({ method, path }) => {
    expect((await send(concrete(path), { method, headers: { host: 'evil.test' } })).status).toBe(421)
  })

  it.each(having(413))('$method $path with a large body is what comes', async (place) => {
    const body = 'x'.repeat(70_000)
    const headers = { ...MANAGED, 'content-type': mediaTypeOf(place) ?? 'application/json' }
    expect((await send(concrete(place.path), { method: place.method, headers, body })).status).toBe(413)
  })

  it.each(having(415))('$method $path with a body of another type is what comes', async ({ method, path }) => {
    const headers = { ...MANAGED, 'content-type': 'text/csv' }
    expect((await send(concrete(path), { method, headers, body: 'a,b' })).status).toBe(415)
  })

  it.each(publicPlaces.filter(({ path }) => path.includes('{')))(
    '$method $path with a name that nobody has comes',
    async (place) => {
      for (const name of ['nobody', 'x'.repeat(200), '%E0%A4']) {
        const path = place.path.replace(/\{\w+\}/, name)
        const body = place.method === 'PUT' ? json({}) : {}
        const { status } = await send(`${gateway.url}${path}`, { method: place.method, ...body })
        expect(Object.keys(place.operation.responses).map(Number)).toContain(status)
      }
    },
  )
})

describe('every answer is as described', () => {
  const ask = (method: string, path: string, request: HttpRequest = {}) => send(`${gateway.url}${path}`, { method, ...request })

  it('of discovery', async () => {
    for (const { method, path } of publicPlaces.filter(({ operation }) => operation.tags.includes('discovery'))) {
      expect((await send(concrete(path), { method })).status).toBe(method === 'GET' ? 200 : 204)
    }
  })

  it('of registration', async () => {
    const metadata = {
      client_name: 'Everything',
      redirect_uris: ['https://client.test/callback'],
      token_endpoint_auth_method: 'client_secret_post',
      client_uri: 'https://client.test',
      jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] },
      contacts: ['ops@client.test'],
      software_id: 'x',
    }
    const registered = await ask('POST', '/register', json(metadata))
    expect(registered.status).toBe(201)
    const { client_id, registration_access_token } = registered.json() as Record<string, string>
    const authorization = `Bearer ${registration_access_token}`
    const managed = `/register/${client_id}`
    const update = (body: unknown, headers = { authorization }) =>
      ask('PUT', managed, { ...json(body), headers: { ...json(body).headers, ...headers } })
    expect((await ask('POST', '/register', json({ redirect_uris: ['x'] }))).status).toBe(400)
    expect((await ask('GET', managed, { headers: { authorization } })).status).toBe(200)
    expect((await ask('GET', managed)).status).toBe(401)
    expect((await update({ ...metadata, client_id })).status).toBe(200)
    expect((await update(metadata)).status).toBe(400)
    expect((await update(metadata, { authorization: 'Bearer x' })).status).toBe(401)
    const broken = { headers: { authorization, 'content-type': 'application/json' }, body: '{' }
    expect((await ask('DELETE', managed, broken)).status).toBe(400)
    expect((await ask('DELETE', managed)).status).toBe(401)
    expect((await ask('DELETE', managed, { headers: { authorization } })).status).toBe(204)
    expect((await ask('OPTIONS', '/register')).status).toBe(204)
    expect((await ask('OPTIONS', managed)).status).toBe(204)
  })

  it('of tokens', async () => {
    const own = new OAuthClient(gateway.server())
    await own.signIn(byPassword(), { scope: 'mcp openid' })
    await own.refreshTokens()
    expect((await own.refresh('ref_x')).status).toBe(400)
    const call = (path: string, fields: Record<string, string>) => ask('POST', path, form(fields))
    const client_id = own.registration.client_id
    for (const path of ['/token', '/revoke']) {
      expect((await call(path, { grant_type: 'refresh_token', client_id: 'nobody', token: 'x' })).status).toBe(401)
      expect((await call(path, { client_id })).status).toBe(400)
      expect((await ask('OPTIONS', path)).status).toBe(204)
    }
    expect((await call('/revoke', { client_id, token: own.tokens?.access_token ?? '' })).status).toBe(200)
  })

  it('of the pages', { timeout: 30_000 }, async () => {
    expect((await ask('GET', '/')).status).toBe(200)
    const person = byPassword()
    const begin = () => client.prepareAuthorization()
    await client.signIn(person)
    const cookie = () => person.jar.header(new URL(gateway.url), { isCrossSite: false, method: 'GET' })
    const own = { 'sec-fetch-site': 'same-origin' }
    const signedIn = (headers = {}): HttpRequest => ({ headers: { cookie: cookie(), ...own, ...headers } })
    const at = (attempt: ReturnType<typeof begin>, changes: Record<string, string> = {}) => {
      for (const [name, value] of Object.entries(changes)) attempt.url.searchParams.set(name, value)
      return attempt.url.pathname + attempt.url.search
    }
    const post = (path: string, fields: Record<string, string>, headers = {}) =>
      ask('POST', path, { ...form(fields), headers: { ...form(fields).headers, cookie: cookie(), ...own, ...headers } })

    expect((await ask('GET', at(begin()))).status).toBe(200)
    const onward = await ask('GET', at(begin()), signedIn())
    expect(onward.status).toBe(303)
    expect((await ask('GET', at(begin(), { redirect_uri: 'https://evil.test/' }))).status).toBe(400)
    const fields = Object.fromEntries(begin().url.searchParams)
    expect((await post('/authorize', fields)).status).toBe(303)
    expect((await post('/authorize', {})).status).toBe(400)

    const consent = new URL(onward.headers.location ?? '', gateway.url)
    const question = await ask('GET', consent.pathname + consent.search, signedIn())
    expect(question.status).toBe(200)
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(question.text)?.[1] ?? ''
    const answer = { request: field('request'), csrf: field('csrf') }
    expect((await post('/consent', { ...answer, csrf: 'x', decision: 'deny' })).status).toBe(403)
    expect((await post('/consent', answer)).status).toBe(400)
    expect((await post('/consent', { ...answer, decision: 'deny' })).status).toBe(200)
    expect((await ask('GET', '/consent?request=x')).status).toBe(400)
    const quiet = await ask('GET', at(begin(), { prompt: 'none' }), signedIn())
    const silent = new URL(quiet.headers.location ?? '', gateway.url)
    expect((await ask('GET', silent.pathname + silent.search, signedIn())).status).toBe(303)

    const choice = await ask('GET', '/sign-in?choose_account=yes', signedIn())
    expect(choice.status).toBe(200)
    const csrf = /name="csrf" value="([^"]+)"/.exec(choice.text)?.[1] ?? ''
    expect((await ask('GET', '/sign-in?request=x')).status).toBe(400)
    expect((await post('/sign-in', { csrf: 'x' })).status).toBe(403)
    expect((await post('/sign-in', { csrf })).status).toBe(400)
    expect((await post('/sign-in', { csrf, provider: 'github' })).status).toBe(303)
    expect((await post('/sign-in', { csrf, password: 'wrong' })).status).toBe(401)
    const { throttles } = gateway.gatehouse.auth.stores
    for (let hit = 0; hit < 10; hit++) await throttles.hit('password:127.0.0.1', 900)
    expect((await post('/sign-in', { csrf, password: 'wrong' })).status).toBe(429)

    const out = SIGN_OUT.exec((await ask('GET', '/sign-in', signedIn())).text)?.[1] ?? ''
    expect((await post('/sign-out', { csrf: 'x' })).status).toBe(403)
    expect((await post('/sign-out', { csrf: out, request: 'x' })).status).toBe(303)
    expect((await post('/sign-out', { csrf: out })).status).toBe(200)
    const twice = { headers: { ...form({}).headers, cookie: cookie() }, body: 'csrf=a&csrf=b' }
    expect((await ask('POST', '/sign-out', twice)).status).toBe(400)
  })

  it('of the way over an identity provider', async () => {
    await client.signIn(createPerson({ provider: 'github' }))
    const elsewhere = client.signIn(createPerson({ provider: 'github' }), { resource: gateway.server('closed') })
    await expect(elsewhere).rejects.toThrow('/consent (403)')
    github.setUser({ id: 9, login: 'mallory' })
    await expect(client.signIn(createPerson({ provider: 'github' }))).rejects.toThrow('(403)')
    expect((await ask('GET', '/callback/github?state=x')).status).toBe(400)
    expect((await ask('GET', '/callback/nobody')).status).toBe(404)
  })

  it('of a server', async () => {
    expect(await client.call('tools/list')).toHaveProperty('result')
    expect((await client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } })).status).toBe(202)
    expect((await client.post([])).status).toBe(400)
    expect((await client.post({}, gateway.server(), 'x')).status).toBe(401)
    expect((await ask('OPTIONS', '/echo/mcp')).status).toBe(204)
    expect((await ask('GET', '/nobody/mcp')).status).toBe(404)
    expect((await ask('DELETE', '/echo/mcp', { headers: client.headers() })).status).toBe(204)
    expect(await client.knock()).toBe('open')
  })

  it('of the internal listener', async () => {
    const ask = (path: string, headers = {}) => send(`${gateway.internalUrl}${path}`, { headers })
    const bearer = { authorization: `Bearer ${client.tokens?.access_token}` }
    for (const path of ['/healthz', '/readyz', '/metrics', '/jwks.json']) expect((await ask(path)).status).toBe(200)
    expect((await ask('/verify', { ...bearer, 'x-forwarded-uri': '/echo/mcp' })).status).toBe(200)
    expect((await ask('/verify')).status).toBe(400)
    expect((await ask('/verify', { 'x-forwarded-uri': '/echo/mcp' })).status).toBe(401)
    expect((await ask('/verify', { ...bearer, 'x-forwarded-uri': '/other/mcp' })).status).toBe(401)
    expect((await ask('/verify', { 'x-forwarded-uri': '/nobody/mcp' })).status).toBe(404)
  })

  it('while the store is away', async () => {
    const person = byPassword()
    const asked = await person.open(client.prepareAuthorization().url)
    if (asked.kind !== 'page') throw new Error('no sign-in page')
    const fields = asked.visit.page.forms[0]?.fields.map(({ name, value }) => [name, value]) ?? []
    const shown: Record<string, string> = Object.fromEntries(fields)
    const cookie = `${person.jar.header(new URL(gateway.url), { isCrossSite: false, method: 'GET' })}; __Host-gatehouse-session=x`
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const post = (path: string, body: Record<string, string>) =>
      ask('POST', path, { ...form(body), headers: { ...form(body).headers, ...headers } })
    const { client_id } = registration
    const metadata = json({ client_id, redirect_uris: ['https://client.test/'], token_endpoint_auth_method: 'none' })
    const { url } = client.prepareAuthorization()
    const unseen = new OAuthClient(gateway.server())
    github.setUser({ id: 583231, login: 'octocat' })
    await unseen.signIn(createPerson({ provider: 'github' }))
    const signedIn = createPerson({ provider: 'github' })
    await client.signIn(signedIn)
    const kept = { cookie: signedIn.jar.header(new URL(gateway.url), { isCrossSite: false, method: 'GET' }) }
    const out = SIGN_OUT.exec((await ask('GET', '/sign-in', { headers: kept })).text)?.[1] ?? ''
    const restore = gateway.breakStore(new StoreUnavailableError(undefined))
    try {
      const answers = [
        ask('POST', '/register', metadata),
        ask('GET', `/register/${client_id}`, { headers: MANAGED }),
        ask('PUT', `/register/${client_id}`, { ...metadata, headers: { ...metadata.headers, ...MANAGED } }),
        ask('DELETE', `/register/${client_id}`, { headers: MANAGED }),
        ask('GET', `${url.pathname}${url.search}`, { headers }),
        post('/authorize', Object.fromEntries(url.searchParams)),
        ask('GET', `/sign-in?request=${shown.request}`, { headers }),
        post('/sign-in', { ...shown, provider: 'github' }),
        ask('GET', '/callback/github?state=x', { headers }),
        ask('GET', `/consent?request=${shown.request}`, { headers }),
        post('/consent', { request: shown.request ?? '' }),
        post('/token', { grant_type: 'refresh_token', client_id }),
        post('/revoke', { token: 'x', client_id }),
        ask('POST', '/sign-out', { ...form({ csrf: out }), headers: { ...form({}).headers, ...kept } }),
        send(`${gateway.internalUrl}/verify`, {
          headers: { authorization: `Bearer ${unseen.tokens?.access_token}`, 'x-forwarded-uri': '/echo/mcp' },
        }),
        send(`${gateway.internalUrl}/readyz`),
      ]
      for (const answer of answers) expect([(await answer).url.pathname, (await answer).status]).toEqual([expect.anything(), 503])
    } finally {
      restore()
    }
  })
})

describe('at the end', () => {
  it('no answer was other than described', () => {
    expect([...outside.faults, ...inside.faults]).toEqual([])
  })

  it('every status in the document was seen', () => {
    const seen = new Set([...outside.seen, ...inside.seen, ...NEEDS_MORE])
    const promised = places
      // What the bridge answers is shown by its own tests.
      .filter(({ operation }) => !operation.tags.includes('mcp'))
      .filter(({ path }) => !SHOWN_ELSEWHERE.test(path))
      .flatMap(({ method, path, operation }) => Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`))
    expect(promised.filter((place) => !seen.has(place))).toEqual([])
  })
})

/** In real-answers-of-devices-and-accounts.test.ts. */
const SHOWN_ELSEWHERE = /^\/(par|introspect|device|account)/
/** Shown elsewhere: other settings, keys that were never read, a provider that lies, a proxy that is none of ours. */
const NEEDS_MORE = [
  'POST /register 401',
  'POST /register 403',
  'GET /.well-known/jwks.json 503',
  'GET /callback/{provider} 502',
  'GET /verify 403',
]
