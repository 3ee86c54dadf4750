import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, createTestApp, createTestContext, type TestContext } from '../testing/test-context.ts'
import { registerEndpoint } from './register-endpoint.ts'
import { registrationManagementEndpoint } from './registration-management-endpoint.ts'

interface Registered {
  readonly client_id: string
  readonly client_secret?: string
  readonly registration_access_token: string
}

let context: TestContext
let app: FastifyInstance
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => {
    registerEndpoint(scope, context)
    registrationManagementEndpoint(scope, context)
  })
})
afterAll(() => app.close())

let count = 0
const register = async (metadata: Record<string, unknown> = {}): Promise<Registered> => {
  const payload = {
    redirect_uris: ['https://client.test/cb'],
    client_name: `Client ${count++}`,
    token_endpoint_auth_method: 'none',
    ...metadata,
  }
  return (await app.inject({ method: 'POST', url: '/register', payload })).json()
}
const manage = (
  method: InjectOptions['method'],
  client: Registered,
  payload?: Record<string, unknown>,
  token: string | undefined = client.registration_access_token,
) =>
  app.inject({
    method: method ?? 'GET',
    url: `/register/${client.client_id}`,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(payload ? { payload } : {}),
  })

describe('a registered client', () => {
  it('reads what it registered (RFC 7592 §2.1)', async () => {
    const client = await register({ client_name: 'Reader' })
    const response = await manage('GET', client)
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual(client)
  })

  it('with a secret is not told it again, for we do not have it', async () => {
    const client = await register({ token_endpoint_auth_method: 'client_secret_post' })
    const read = (await manage('GET', client)).json()
    expect(read).not.toHaveProperty('client_secret')
    expect(read.client_secret_expires_at).toBe(0)
  })

  it('replaces its metadata: what it leaves out is gone (RFC 7592 §2.2)', async () => {
    const client = await register({ client_uri: 'https://client.test' })
    const response = await manage('PUT', client, {
      client_id: client.client_id,
      redirect_uris: ['https://client.test/new'],
      token_endpoint_auth_method: 'none',
    })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({ client_id: client.client_id, redirect_uris: ['https://client.test/new'] })
    expect(response.json()).not.toHaveProperty('client_uri')
    expect((await manage('GET', client)).json()).toEqual(response.json())
  })

  it('keeps its secret over an update, whether it sends it along or not', async () => {
    const client = await register({ token_endpoint_auth_method: 'client_secret_basic' })
    const before = (await context.stores.clients.find(client.client_id))?.secretHash
    for (const secret of [{}, { client_secret: client.client_secret }]) {
      const body = { client_id: client.client_id, redirect_uris: ['https://client.test/new'], ...secret }
      const response = await manage('PUT', client, body)
      expect(response.statusCode).toBe(200)
      expect(response.json()).not.toHaveProperty('client_secret')
    }
    expect((await context.stores.clients.find(client.client_id))?.secretHash).toBe(before)
  })

  it('that begins to need a secret gets one, and one that needs none any more has none', async () => {
    const client = await register()
    const body = { client_id: client.client_id, redirect_uris: ['https://client.test/cb'] }
    const confidential = await manage('PUT', client, { ...body, token_endpoint_auth_method: 'client_secret_post' })
    expect(confidential.json().client_secret).toMatch(/^sec_/)
    const open = await manage('PUT', client, { ...body, token_endpoint_auth_method: 'none' })
    expect(open.json()).not.toHaveProperty('client_secret')
    expect(await context.stores.clients.find(client.client_id)).not.toHaveProperty('secretHash')
  })

  it.each<[string, (client: Registered) => Record<string, unknown>]>([
    ['no client_id', () => ({ redirect_uris: ['https://client.test/new'] })],
    ['another client_id', () => ({ client_id: 'cli_other', redirect_uris: ['https://client.test/new'] })],
    [
      'a wrong client_secret',
      ({ client_id }) => ({ client_id, client_secret: 'wrong', redirect_uris: ['https://client.test/new'] }),
    ],
    ['a bad redirect URI', ({ client_id }) => ({ client_id, redirect_uris: ['javascript:alert(1)'] })],
    ['nothing but its id', ({ client_id }) => ({ client_id })],
  ])('is not changed by an update with %s', async (_what, body) => {
    const client = await register()
    expect((await manage('PUT', client, body(client))).statusCode).toBe(400)
    expect((await manage('GET', client)).json()).toEqual(client)
  })

  it('is deleted with everything people allowed it, codes included (REG-15)', async () => {
    const client = await register()
    const live = await approve(context, client.client_id)
    const pending = await approve(context, client.client_id)
    await context.stores.grants.create(
      { ...live.grant, id: 'grt_0123456789012345678901' },
      { refreshHash: 'x', expiresAt: 2_000_000_000 },
    )
    const ended: string[] = []
    context.stores.revocations.subscribe(
      (grantId) => ended.push(grantId),
      () => {},
    )

    const response = await manage('DELETE', client)
    expect(response.statusCode).toBe(204)
    expect(response.body).toBe('')
    expect(await context.stores.clients.find(client.client_id)).toBeUndefined()
    expect(await context.stores.grants.find('grt_0123456789012345678901')).toBeUndefined()
    expect(ended).toEqual(expect.arrayContaining([live.grant.id, pending.grant.id, 'grt_0123456789012345678901']))
    expect((await manage('GET', client)).statusCode).toBe(401)
  })
})

describe('somebody else (REG-13)', () => {
  it.each(['GET', 'PUT', 'DELETE'] as const)('can not %s, and is told nothing', async (method) => {
    const client = await register({ client_name: 'Mine' })
    const stranger = await register({ client_name: 'Stranger' })
    const body = { client_id: client.client_id, redirect_uris: ['https://evil.test/cb'] }
    const attempts = [
      await manage(method, client, body, ''),
      await manage(method, client, body, 'wrong'),
      await manage(method, client, body, 'rat_'.padEnd(47, 'x')),
      await manage(method, client, body, stranger.registration_access_token),
      await manage(method, { ...client, client_id: 'cli_unknown' }, body),
    ]
    for (const [index, response] of attempts.entries()) {
      expect(response.statusCode).toBe(401)
      expect(response.headers['www-authenticate']).toBe(index === 0 ? 'Bearer' : 'Bearer error="invalid_token"')
      expect(response.body).toBe(attempts[0]?.body)
    }
    expect((await manage('GET', client)).json()).toMatchObject({ client_name: 'Mine', redirect_uris: ['https://client.test/cb'] })
  })

  it('finds no other method, and may ask by a preflight (rule 41)', async () => {
    const client = await register()
    expect((await manage('POST', client, {})).statusCode).toBe(405)
    expect((await manage('POST', client, {})).headers.allow).toBe('GET, HEAD, PUT, DELETE, OPTIONS')
    const preflight = await app.inject({ method: 'OPTIONS', url: `/register/${client.client_id}` })
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, PUT, DELETE, OPTIONS')
  })
})
