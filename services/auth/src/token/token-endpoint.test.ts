import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, createTestApp, createTestContext, form, type TestContext } from '../testing/test-context.ts'
import { addClient, type TestClient, tokenClient } from '../testing/token-client.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const FORM = 'application/x-www-form-urlencoded'

let context: TestContext
let app: FastifyInstance
let client: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => {
    tokenEndpoint(scope, context)
  }, context)
  client = await addClient(context)
})
afterAll(() => app.close())

const post = (payload: string, headers: Record<string, string | undefined> = {}, url = '/token') =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': FORM, ...headers } as Record<string, string> })

const expectRefusal = (response: Awaited<ReturnType<typeof post>>, status: number, error: string) => {
  expect([response.statusCode, response.json().error]).toEqual([status, error])
  expect(response.json()).toEqual({ error, error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) })
  expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
}

describe('POST /token refuses', () => {
  it.each([
    ['no grant_type (TOK-13)', '', 400, 'invalid_request'],
    ['an empty grant_type, which counts as absent (TOK-13)', 'grant_type=', 400, 'invalid_request'],
    ['a grant_type nobody handles (TOK-13)', 'grant_type=password&client_id=x', 400, 'unsupported_grant_type'],
    ['the name of a member of every object', 'grant_type=constructor', 400, 'unsupported_grant_type'],
    ['a repeated grant_type (TOK-11, RFC 6749 §3.2)', 'grant_type=a&grant_type=b', 400, 'invalid_request'],
    ['a repeated code (TOK-11)', 'grant_type=authorization_code&code=a&code=b', 400, 'invalid_request'],
    ['no client (rule 21)', 'grant_type=authorization_code&code=a', 401, 'invalid_client'],
    ['an unknown client (rule 21)', 'grant_type=authorization_code&code=a&client_id=cli_unknown', 401, 'invalid_client'],
    [
      'an unknown client on refresh (rule 31)',
      'grant_type=refresh_token&refresh_token=a&client_id=cli_unknown',
      401,
      'invalid_client',
    ],
  ])('%s', async (_what, payload, status, error) => {
    expectRefusal(await post(payload), status, error)
  })

  it.each([
    ['JSON', 'application/json', '{"grant_type":"refresh_token"}', 415],
    ['JSON under two types', `application/json, ${FORM}`, '{}', 415],
    ['multipart', 'multipart/form-data; boundary=x', '--x--', 415],
    ['text', 'text/plain', 'grant_type=x', 415],
    ['a type of junk', ';;;', 'x', 415],
    ['no type', undefined, 'grant_type=x', 415],
    ['broken escapes', FORM, 'grant_type=%E0%A4%A&client_id=%', 400],
    ['NUL and objects', FORM, '__proto__=1&constructor=2&grant_type[]=x&grant_type=%00', 400],
    ['nothing', FORM, '', 400],
    ['64 KB and a byte (RES-01)', FORM, 'x'.repeat(65_537), 413],
  ])('a body of %s (TOK-11)', async (_what, type, payload, status) => {
    expectRefusal(
      await post(payload, { 'content-type': type }),
      status,
      status === 400 && payload.includes('grant_type=%') ? 'unsupported_grant_type' : 'invalid_request',
    )
  })

  it('parameters in the URL (TOK-11)', async () => {
    const approval = await approve(context, client.clientId)
    const query = form({
      grant_type: 'authorization_code',
      client_id: client.clientId,
      code: approval.code,
      code_verifier: approval.verifier,
    })
    expectRefusal(await post('', {}, `/token?${query}`), 400, 'invalid_request')
    expect((await tokenClient(app, client).redeem(approval)).statusCode).toBe(200)
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'] as const)('%s with 405 and Allow (TOK-11)', async (method) => {
    const response = await app.inject({
      method,
      url: '/token',
      headers: { 'content-type': 'application/x-junk' },
      ...(method === 'PUT' ? { payload: 'x' } : {}),
    })
    expect(response.statusCode).toBe(405)
    expect(response.headers).toMatchObject({ allow: 'POST, OPTIONS', 'cache-control': 'no-store' })
  })

  it('a grant_type that the client did not register', async () => {
    const codesOnly = await addClient(context, { grantTypes: ['authorization_code'] })
    const payload = form({ grant_type: 'refresh_token', refresh_token: 'x', client_id: codesOnly.clientId })
    expectRefusal(await post(payload), 400, 'unauthorized_client')
  })

  it('a client that proves itself in two ways (TOK-10)', async () => {
    const confidential = await addClient(context, {}, 'client_secret_basic')
    const authorization = `Basic ${Buffer.from(`${confidential.clientId}:${confidential.secret}`).toString('base64')}`
    const payload = form({ grant_type: 'refresh_token', client_id: confidential.clientId, client_secret: confidential.secret })
    expectRefusal(await post(payload, { authorization }), 400, 'invalid_request')
  })

  it('wrong credentials by 401 with the challenge of their scheme (TOK-10)', async () => {
    const response = await post('grant_type=refresh_token&refresh_token=x', { authorization: 'Basic !!!' })
    expectRefusal(response, 401, 'invalid_client')
    expect(response.headers['www-authenticate']).toBe('Basic realm="Gatehouse"')
  })

  it('nothing without a line in the log and a count, and never writes a secret there', async () => {
    const secret = 'cod_this-is-a-canary'
    await post(
      form({ grant_type: 'authorization_code', client_id: client.clientId, code: secret, code_verifier: 'v'.repeat(43) }),
    )
    expect(context.logs()).toContain('"reason":"code_malformed"')
    expect(context.logs()).not.toContain(secret)
    expect(await context.metrics.metrics()).toMatch(/gatehouse_refusals_total\{endpoint="token",reason="code_malformed"\} \d/)
  })
})

describe('POST /token', () => {
  it.each([`${FORM}; charset=UTF-8`, 'Application/X-WWW-Form-Urlencoded', `${FORM} ; charset=utf-8`])(
    'takes the type %s (rule 29)',
    async (type) => {
      const { code, verifier } = await approve(context, client.clientId)
      const payload = form({ grant_type: 'authorization_code', code, code_verifier: verifier, client_id: client.clientId })
      expect((await post(payload, { 'content-type': type })).statusCode).toBe(200)
    },
  )

  it('counts what it issues', async () => {
    const issued = async () =>
      Number(/tokens_issued_total\{grant="refresh_token"\} (\d+)/.exec(await context.metrics.metrics())?.[1] ?? 0)
    const { refresh_token: token } = await tokenClient(app, client).signIn(context)
    const before = await issued()
    await tokenClient(app, client).refresh(token)
    expect(await issued()).toBe(before + 1)
  })

  it('is open to pages of any origin, never with credentials, and not to the origin null (rule 41, TOK-15)', async () => {
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/token',
      headers: { origin: 'https://a.test', 'access-control-request-headers': 'authorization' },
    })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization',
    })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials')
    const response = await post('grant_type=x', { origin: 'null' })
    expect(response.headers).not.toHaveProperty('access-control-allow-origin')
  })
})
