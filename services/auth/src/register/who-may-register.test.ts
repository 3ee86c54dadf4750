import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSealer } from '../secrets/sealer.ts'
import { createTestApp, createTestContext, SECRET, type TestContext } from '../testing/test-context.ts'
import { makeInitialAccessToken, revokeInitialAccessToken } from './initial-access-token.ts'
import { registerEndpoint } from './register-endpoint.ts'
import { registrationManagementEndpoint } from './registration-management-endpoint.ts'

const OTHER_SECRET = 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s'
const METADATA = { redirect_uris: ['https://client.test/callback'], token_endpoint_auth_method: 'none' }

const mount = (context: TestContext) =>
  createTestApp((scope) => {
    registerEndpoint(scope, context)
    registrationManagementEndpoint(scope, context)
  }, context)

const register = (app: FastifyInstance, token?: string, payload: Record<string, unknown> = METADATA, scheme = 'Bearer') =>
  app.inject({
    method: 'POST',
    url: '/register',
    headers: token === undefined ? {} : { authorization: `${scheme} ${token}` },
    payload,
  })

describe('REGISTRATION=token', () => {
  let context: TestContext
  let app: FastifyInstance
  beforeAll(async () => {
    context = await createTestContext({ environment: { REGISTRATION: 'token' } })
    app = await mount(context)
  })
  afterAll(() => app.close())

  const inAnHour = () => Math.floor(context.clock() / 1000) + 3600
  const make = (facts: { expiresAt?: number; uses?: number } = {}, secrets = context.secrets) =>
    makeInitialAccessToken(secrets, { expiresAt: inAnHour(), ...facts })

  it('registers whoever has a token of the operator (REG-18)', async () => {
    const { token, id } = make()
    const response = await register(app, token)
    expect(response.statusCode).toBe(201)
    expect(response.json().client_id).toMatch(/^cli_/)
    expect((await register(app, token, METADATA, 'bearer')).statusCode).toBe(201)
    expect(context.logs()).toContain(`"initialAccessToken":"${id}"`)
    expect(context.logs()).not.toContain(token)
  })

  it('refuses who has none, and says what is needed (REG-18)', async () => {
    const response = await register(app)
    expect(response.statusCode).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual({
      error: 'invalid_token',
      error_description: expect.stringContaining('initial access token'),
    })
  })

  it.each<[string, () => string]>([
    ['made up', () => 'iat_abc'],
    ['of another form', () => 'hello'],
    ['empty', () => ''],
    ['sealed for another purpose', () => `iat_${createSealer([SECRET], 'consent-outcome').seal('{"expiresAt":9999999999}')}`],
    ['made with another secret', () => make({}, [OTHER_SECRET]).token],
    ['changed', () => make().token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['expired', () => make({ expiresAt: inAnHour() - 3600 }).token],
    ['a registration access token', () => `rat_${'x'.repeat(43)}`],
  ])('refuses a token that is %s (REG-18)', async (_what, token) => {
    const response = await register(app, token())
    expect(response.statusCode).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    expect(response.json()).toEqual((await register(app, 'iat_x')).json())
  })

  it('refuses a token whose time is over', async () => {
    const { token } = make({ expiresAt: inAnHour() - 3540 })
    expect((await register(app, token)).statusCode).toBe(201)
    context.advance(60)
    expect((await register(app, token)).statusCode).toBe(401)
  })

  it('counts the uses of a token, on every replica, and not those that were refused', async () => {
    const replica = await mount(await createTestContext({ environment: { REGISTRATION: 'token' }, replicaOf: context }))
    const { token } = make({ uses: 2 })
    expect((await register(app, token, {})).statusCode).toBe(400)
    expect((await register(app, token)).statusCode).toBe(201)
    expect((await register(replica, token)).statusCode).toBe(201)
    expect((await register(app, token)).statusCode).toBe(401)
    expect((await register(replica, token)).statusCode).toBe(401)
    await replica.close()
  })

  it('refuses a token that was revoked, and takes the others', async () => {
    const [leaked, other] = [make(), make()]
    await revokeInitialAccessToken(context.stores, leaked.id)
    expect((await register(app, leaked.token)).statusCode).toBe(401)
    expect((await register(app, other.token)).statusCode).toBe(201)
  })

  it('takes a token of the old secret as long as that one is in the list (CFG-08)', async () => {
    const { token } = make({}, [OTHER_SECRET])
    const environment = { REGISTRATION: 'token', GATEHOUSE_SECRET: '', GATEHOUSE_SECRETS: `${SECRET},${OTHER_SECRET}` }
    const both = await mount(await createTestContext({ environment, replicaOf: context }))
    expect((await register(both, token)).statusCode).toBe(201)
    await both.close()
  })

  it('leaves clients that are there their own registration', async () => {
    const client = (await register(app, make().token)).json()
    const headers = { authorization: `Bearer ${client.registration_access_token}` }
    expect((await app.inject({ url: `/register/${client.client_id}`, headers })).statusCode).toBe(200)
  })
})

describe('REGISTRATION=off', () => {
  it('refuses everybody with a sentence, and leaves clients that are there their own registration', async () => {
    const before = await createTestContext()
    const open = await mount(before)
    const client = (await register(open)).json()
    const app = await mount(await createTestContext({ environment: { REGISTRATION: 'off' }, replicaOf: before }))
    const response = await register(app)
    expect(response.statusCode).toBe(403)
    expect(response.json()).toEqual({ error: 'access_denied', error_description: expect.stringContaining('ask the operator') })
    expect(response.headers['access-control-allow-origin']).toBe('*')
    const headers = { authorization: `Bearer ${client.registration_access_token}` }
    expect((await app.inject({ url: `/register/${client.client_id}`, headers })).statusCode).toBe(200)
    expect((await app.inject({ method: 'DELETE', url: `/register/${client.client_id}`, headers })).statusCode).toBe(204)
    await Promise.all([open.close(), app.close()])
  })
})
