import { generateKeyPairSync } from 'node:crypto'
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, createTestContext, type TestContext } from '../testing/test-context.ts'
import { registerEndpoint } from './register-endpoint.ts'
import { registrationManagementEndpoint } from './registration-management-endpoint.ts'

const CALLBACK = 'https://client.test/callback'
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }
const KEY_CLIENT = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt' }

let context: TestContext
let app: FastifyInstance
beforeAll(async () => {
  context = await createTestContext()
  app = await mount(context)
})
afterAll(() => app.close())

const mount = (at: TestContext) =>
  createTestApp((scope) => {
    registerEndpoint(scope, at)
    registrationManagementEndpoint(scope, at)
  })

const register = (payload: Record<string, unknown>, at = app) => at.inject({ method: 'POST', url: '/register', payload })

describe('a client that proves itself by a key (RFC 7523 §3)', () => {
  it.each<[string, Record<string, unknown>]>([
    ['its keys', { jwks: { keys: [jwk] } }],
    ['where its keys are', { jwks_uri: 'https://client.test/jwks' }],
    ['its keys and how it signs', { jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: 'ES256' }],
  ])('registers %s, gets no secret, and is not visited (REG-10)', async (_what, members) => {
    const connect = vi.spyOn(Socket.prototype, 'connect')
    const response = await register({ ...KEY_CLIENT, ...members })
    expect(response.statusCode).toBe(201)
    expect(response.json()).toMatchObject({ ...KEY_CLIENT, ...members })
    expect(response.body).not.toContain('client_secret')
    expect((await context.stores.clients.find(response.json().client_id))?.secretHash).toBeUndefined()
    expect(connect).not.toHaveBeenCalled()
    connect.mockRestore()
  })

  it.each<[string, Record<string, unknown>]>([
    ['no keys at all', {}],
    ['an empty key set', { jwks: { keys: [] } }],
    ['keys that are none', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] } }],
    ['a key for encryption alone', { jwks: { keys: [{ ...jwk, use: 'enc' }] } }],
    ['its private key (REG-10)', { jwks: { keys: [privateKey.export({ format: 'jwk' })] } }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }],
    ['keys in two places', { jwks: { keys: [jwk] }, jwks_uri: 'https://client.test/jwks' }],
    ['signatures of no kind', { jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: 'none' }],
    ['signatures with a shared secret', { jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: 'HS256' }],
  ])('is refused with %s', async (_what, members) => {
    const response = await register({ ...KEY_CLIENT, ...members })
    expect(response.statusCode).toBe(400)
    expect(response.json().error).toBe('invalid_client_metadata')
    expect(response.body).not.toContain(String(privateKey.export({ format: 'jwk' }).d))
  })

  it('may become one that has a secret, and back, and then has none', async () => {
    const registered = (await register({ ...KEY_CLIENT, jwks: { keys: [jwk] } })).json()
    const put = (payload: Record<string, unknown>) =>
      app.inject({
        method: 'PUT',
        url: `/register/${registered.client_id}`,
        headers: { authorization: `Bearer ${registered.registration_access_token}` },
        payload: { client_id: registered.client_id, ...payload },
      })
    const withSecret = await put({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_post' })
    expect(withSecret.json().client_secret).toMatch(/^sec_/)
    const back = await put({ ...KEY_CLIENT, jwks: { keys: [jwk] } })
    expect(back.statusCode).toBe(200)
    expect(back.body).not.toContain('client_secret')
    expect((await context.stores.clients.find(registered.client_id))?.secretHash).toBeUndefined()
  })

  it('with another method keeps no algorithm, whatever it sent', async () => {
    const response = await register({
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
      token_endpoint_auth_signing_alg: 'HS256',
    })
    expect(response.statusCode).toBe(201)
    expect(response.json()).not.toHaveProperty('token_endpoint_auth_signing_alg')
  })
})

describe('a client that binds itself', () => {
  it.each([
    ['to DPoP (RFC 9449 §5.2)', 'dpop_bound_access_tokens', 'dpopBoundAccessTokens'],
    ['to pushed requests (RFC 9126 §6)', 'require_pushed_authorization_requests', 'requirePushedAuthorizationRequests'],
  ] as const)('%s is told so, and it is kept', async (_what, wire, stored) => {
    for (const value of [true, false]) {
      const response = await register({ redirect_uris: [CALLBACK], [wire]: value })
      expect(response.json()[wire]).toBe(value)
      expect((await context.stores.clients.find(response.json().client_id))?.[stored]).toBe(value)
    }
    expect((await register({ redirect_uris: [CALLBACK], [wire]: 'yes' })).json().error).toBe('invalid_client_metadata')
    expect((await register({ redirect_uris: [CALLBACK], [wire]: null })).json()).not.toHaveProperty(wire)
  })
})

describe('a program that signs in by a device code (RFC 8628)', () => {
  it.each<[string, unknown]>([
    ['no redirect URI', undefined],
    ['an empty list of them', []],
  ])('needs %s', async (_what, uris) => {
    const response = await register({ grant_types: [DEVICE], redirect_uris: uris, token_endpoint_auth_method: 'none' })
    expect(response.statusCode).toBe(201)
    expect(response.json()).toMatchObject({ grant_types: [DEVICE, 'refresh_token'], redirect_uris: [], response_types: [] })
  })

  it('may use the code flow too, and then needs one', async () => {
    const both = { grant_types: ['authorization_code', DEVICE], token_endpoint_auth_method: 'none' }
    const response = await register({ ...both, redirect_uris: [CALLBACK] })
    expect(response.json()).toMatchObject({
      grant_types: ['authorization_code', DEVICE, 'refresh_token'],
      response_types: ['code'],
    })
    expect((await register(both)).json().error).toBe('invalid_redirect_uri')
  })

  it('has no redirect URI even when it brought one, so nothing is ever sent there', async () => {
    const response = await register({ grant_types: [DEVICE], redirect_uris: [CALLBACK] })
    expect(response.json().redirect_uris).toEqual([])
    expect((await register({ grant_types: [DEVICE], redirect_uris: ['javascript:alert(1)'] })).statusCode).toBe(400)
  })

  it('has no response type (REG-07)', async () => {
    const response = await register({ grant_types: [DEVICE], response_types: ['code'] })
    expect(response.json()).toMatchObject({ error: 'invalid_client_metadata' })
  })

  it('is refused where the operator has switched that off, and a client with both keeps the code flow', async () => {
    const off = await createTestContext({ environment: { DEVICE_GRANT: 'off' } })
    const there = await mount(off)
    expect((await register({ grant_types: [DEVICE] }, there)).json().error).toBe('invalid_client_metadata')
    const both = { grant_types: ['authorization_code', DEVICE], redirect_uris: [CALLBACK] }
    expect((await register(both, there)).json().grant_types).toEqual(['authorization_code', 'refresh_token'])
    await there.close()
  })
})

describe('a client that wants to act without a person', () => {
  it.each([
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ])('by %s is told to ask the operator', async (grantType) => {
    const response = await register({ redirect_uris: [CALLBACK], grant_types: [grantType, 'refresh_token'] })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({
      error: 'invalid_client_metadata',
      error_description: expect.stringMatching(/operator adds .* clients file/),
    })
  })

  it('beside the code flow gets the code flow alone', async () => {
    const response = await register({ redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'client_credentials'] })
    expect(response.json().grant_types).toEqual(['authorization_code', 'refresh_token'])
  })
})
