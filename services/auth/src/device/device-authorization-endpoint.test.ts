import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { sha256 } from '../oauth/secret.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestApp, createTestContext, form, type TestContext } from '../testing/test-context.ts'
import { addClient, type TestClient } from '../testing/token-client.ts'
import { deviceAuthorizationEndpoint } from './device-authorization-endpoint.ts'
import { deviceQrEndpoint } from './qr-endpoint.ts'

const FORM = 'application/x-www-form-urlencoded'
const grantTypes = [DEVICE_CODE_GRANT_TYPE, 'refresh_token']

let context: TestContext
let app: FastifyInstance
let client: TestClient
let secret: TestClient
let other: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await appOf(context)
  client = await addClient(context, { grantTypes, redirectUris: [] })
  secret = await addClient(context, { grantTypes }, 'client_secret_post')
  other = await addClient(context)
})
afterAll(() => app.close())

const appOf = (of: TestContext) =>
  createTestApp((scope) => {
    deviceAuthorizationEndpoint(scope, of)
    deviceQrEndpoint(scope, of)
  }, of)

type Fields = Readonly<Record<string, string | undefined>>

const start = (fields: Fields = {}, at = app, remoteAddress = '203.0.113.7') =>
  at.inject({
    method: 'POST',
    url: '/device_authorization',
    remoteAddress,
    headers: { 'content-type': FORM },
    payload: form({ client_id: client.clientId, resource: 'https://gate.test/memory/mcp', ...fields }),
  })

describe('POST /device_authorization', () => {
  it('answers with two codes, where to enter one, and how often to ask with the other (RFC 8628 §3.2)', async () => {
    const answer = await start()
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
    const { user_code: userCode } = answer.json()
    expect(answer.json()).toEqual({
      device_code: expect.stringMatching(/^dev_[A-Za-z0-9_-]{43}$/),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: 'https://gate.test/device',
      verification_uri_complete: `https://gate.test/device?user_code=${userCode}`,
      verification_uri_qr: `https://gate.test/device/qr?user_code=${userCode}`,
      expires_in: 600,
      interval: 5,
    })
  })

  it.each<[what: string, fields: () => Fields, status: number, error: string]>([
    ['a client that did not register for it', () => ({ client_id: other.clientId }), 400, 'unauthorized_client'],
    ['an unknown client', () => ({ client_id: 'cli_nobody' }), 401, 'invalid_client'],
    ['no client', () => ({ client_id: undefined }), 401, 'invalid_client'],
    ['a client without its secret', () => ({ client_id: secret.clientId }), 401, 'invalid_client'],
    ['a wrong secret', () => ({ client_id: secret.clientId, client_secret: 'wrong' }), 401, 'invalid_client'],
    ['a foreign resource', () => ({ resource: 'https://elsewhere.test/mcp' }), 400, 'invalid_target'],
  ])('refuses %s', async (_what, fields, status, error) => {
    const answer = await start(fields())
    expect([answer.statusCode, answer.json().error]).toEqual([status, error])
  })

  it('takes a client with its secret, no resource and scopes that nobody has (rules 16, 25)', async () => {
    const fields = { client_id: secret.clientId, client_secret: secret.secret, resource: undefined, scope: 'claudeai' }
    expect((await start(fields)).statusCode).toBe(200)
  })

  it.each<[what: string, method: 'GET' | 'POST', url: string, type: string, status: number]>([
    ['GET', 'GET', '/device_authorization', FORM, 405],
    ['JSON', 'POST', '/device_authorization', 'application/json', 415],
    ['parameters in the URL', 'POST', '/device_authorization?client_id=x', FORM, 400],
  ])('refuses %s', async (_what, method, url, type, status) => {
    const body = method === 'POST' ? { payload: '{}' } : {}
    const answer = await app.inject({ method, url, headers: { 'content-type': type }, ...body })
    expect([answer.statusCode, answer.json().error]).toEqual([status, 'invalid_request'])
  })

  it('makes another user code when one is taken', async () => {
    const { expiring } = context.stores
    const { add } = expiring
    let refusals = 3
    Object.assign(expiring, { add: (...args: Parameters<typeof add>) => (refusals-- > 0 ? false : add(...args)) })
    try {
      expect((await start()).statusCode).toBe(200)
      expect(refusals).toBe(-1)
    } finally {
      Object.assign(expiring, { add })
    }
  })

  it('is 503 while the store is away', async () => {
    const { expiring } = context.stores
    const { add } = expiring
    Object.assign(expiring, { add: () => Promise.reject(new StoreUnavailableError('away')) })
    try {
      const answer = await start()
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2'])
    } finally {
      Object.assign(expiring, { add })
    }
  })

  it('is 429 for an address that starts more than a thousand in ten minutes, and for no other', async () => {
    await Promise.all(Array.from({ length: 1000 }, () => context.stores.throttles.hit('device-start:198.51.100.1', 600)))
    const refused = await start({}, app, '198.51.100.1')
    expect([refused.statusCode, refused.json().error, refused.headers['retry-after']]).toEqual([429, 'slow_down', '600'])
    expect((await start({}, app, '198.51.100.2')).statusCode).toBe(200)
  })

  it('keeps neither code in clear', async () => {
    const { expiring } = context.stores
    const kept: string[] = []
    const { put, add } = expiring
    const noting =
      <Args extends unknown[], Result>(method: (...args: Args) => Result) =>
      (...args: Args): Result => {
        kept.push(JSON.stringify(args))
        return method(...args)
      }
    Object.assign(expiring, { put: noting(put), add: noting(add) })
    const { device_code: deviceCode, user_code: userCode } = (await start()).json()
    Object.assign(expiring, { put, add })
    expect(kept.join()).toContain(sha256(deviceCode))
    expect(kept.join()).not.toContain(deviceCode)
    expect(kept.join()).not.toContain(userCode)
  })
})

describe('GET /device/qr', () => {
  const get = (query: string, accept?: string) =>
    app.inject({ method: 'GET', url: `/device/qr${query}`, ...(accept === undefined ? {} : { headers: { accept } }) })

  it.each<[query: string, accept: string | undefined, type: string]>([
    ['?user_code=WDJB-MJHT', undefined, 'image/svg+xml'],
    ['?user_code=wdjbmjht', '*/*', 'image/svg+xml'],
    ['?user_code=WDJB-MJHT', 'text/plain', 'text/plain'],
    ['?user_code=WDJB-MJHT', 'text/plain;q=0.9, */*;q=0.1', 'text/plain'],
    ['?user_code=WDJB-MJHT&format=text', undefined, 'text/plain'],
    ['?user_code=WDJB-MJHT&format=svg', 'text/plain', 'image/svg+xml'],
  ])('%s with Accept %s is %s, and needs nothing else', async (query, accept, type) => {
    const answer = await get(query, accept)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    if (type === 'image/svg+xml') expect(answer.body).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>$/)
    else expect(answer.body).toMatch(/^[█▀▄ \n]+$/)
  })

  it.each(['', '?user_code=', '?user_code=WDJB', '?user_code=<script>', '?user_code=A&user_code=B'])(
    'refuses %s',
    async (query) => {
      const answer = await get(query)
      expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_request'])
    },
  )

  it('tells nothing about which codes there are', async () => {
    const real = (await start()).json().user_code as string
    expect((await get(`?user_code=${real}`)).statusCode).toBe((await get('?user_code=BBBB-BBBB')).statusCode)
  })
})

it('where the operator has switched it off, both say so (DEVICE_GRANT)', async () => {
  const off = await createTestContext({ environment: { DEVICE_GRANT: 'off' } })
  const offApp = await appOf(off)
  for (const answer of [await start({}, offApp), await offApp.inject('/device/qr?user_code=WDJB-MJHT')]) {
    expect([answer.statusCode, answer.json().error]).toEqual([400, 'unsupported_grant_type'])
    expect(answer.json().error_description).toContain('switched')
  }
  await offApp.close()
})
