import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { mintAccessToken } from '../keys/access-token.ts'
import { newPersonalToken } from '../oauth/personal-token.ts'
import { REVOKED_TOKENS_LIMIT } from '../store/grant-record.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { addPersonalToken } from '../testing/personal-token.ts'
import { createTestApp, createTestContext, form, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer, tokenClient } from '../testing/token-client.ts'
import { revokeEndpoint } from './revoke-endpoint.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const FORM = 'application/x-www-form-urlencoded'

let context: TestContext
let app: FastifyInstance
let client: TestClient
const published: string[] = []
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => {
    tokenEndpoint(scope, context)
    revokeEndpoint(scope, context)
  }, context)
  client = await addClient(context)
  context.stores.revocations.subscribe(
    (grantId) => published.push(grantId),
    () => {},
  )
})
afterAll(() => app.close())

const at = (who = client) => tokenClient(app, who)
const find = (grantId: string) => context.stores.grants.find(grantId)
const isAlive = async (grantId: string) => (await find(grantId)) !== undefined
const jtiOf = (token: string) => String(readPayload(token).jti)

const post = (payload: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/revoke', payload, headers: { 'content-type': FORM, ...headers } })

const expectRefusal = (response: Awaited<ReturnType<typeof post>>, status: number, error: string) => {
  expect([response.statusCode, response.json().error]).toEqual([status, error])
  expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
}

/** A token that an agent got for the person of somebody else's grant (RFC 8693). */
async function exchanged(grantId: string, agent: TestClient): Promise<string> {
  const grant = (await find(grantId))?.grant
  if (!grant) throw new Error('no such grant')
  const issuedAt = Math.floor(context.clock() / 1000)
  const act = { sub: `client:${agent.clientId}`, client_id: agent.clientId }
  const token = { grant, audience: grant.resource, scopes: grant.scopes, issuedAt, expiresAt: issuedAt + 600 }
  return mintAccessToken(context.keys.current(), 'https://gate.test', { ...token, clientId: agent.clientId, act })
}

const personal = () => addPersonalToken(context)

describe('a refresh token', () => {
  it.each<[string, string | undefined]>([
    ['with its hint', 'refresh_token'],
    ['without a hint', undefined],
    ['under a wrong hint (REV-02)', 'access_token'],
    ['under a hint that nobody knows (REV-02)', 'pac-man'],
  ])('given back %s ends the sign-in, and every replica is told (REV-01, rule 35)', async (_what, hint) => {
    const tokens = await at().signIn(context)
    const response = await at().revoke(tokens.refresh_token, { token_type_hint: hint })
    expect([response.statusCode, response.body]).toEqual([200, ''])
    expect(await isAlive(tokens.grantId)).toBe(false)
    expect(published.filter((grantId) => grantId === tokens.grantId)).toHaveLength(1)
    expect(context.logs()).toContain(`"reason":"revoked_by_client","client":"${client.clientId}","subject":"${OCTOCAT.subject}"`)
  })

  it('that was replaced before ends it too', async () => {
    const tokens = await at().signIn(context)
    await at().refresh(tokens.refresh_token)
    await at().revoke(tokens.refresh_token)
    expect(await isAlive(tokens.grantId)).toBe(false)
  })

  it('made from the id of a grant alone, which access tokens tell, ends nothing', async () => {
    const tokens = await at().signIn(context)
    await at().revoke(`${tokens.refresh_token.slice(0, 26)}${'A'.repeat(65)}`)
    expect((await at().refresh(tokens.refresh_token)).statusCode).toBe(200)
  })

  it('ends its sign-in although GATEHOUSE_SECRET was lost', async () => {
    const tokens = await at().signIn(context)
    const environment = { GATEHOUSE_SECRET: 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s' }
    const fresh = await createTestContext({ replicaOf: context, environment })
    const other = await createTestApp((scope) => revokeEndpoint(scope, fresh))
    await tokenClient(other, client).revoke(tokens.refresh_token)
    expect(await isAlive(tokens.grantId)).toBe(false)
    await other.close()
  })
})

describe('an access token', () => {
  it.each(['access_token', 'refresh_token', undefined])(
    'given back under the hint %s is the only one that ends, and every replica is told (REV-01, REV-02)',
    async (hint) => {
      const tokens = await at().signIn(context)
      const next = (await at().refresh(tokens.refresh_token)).json<TokenAnswer>()
      expect((await at().revoke(tokens.access_token, { token_type_hint: hint })).statusCode).toBe(200)
      expect((await find(tokens.grantId))?.revokedTokens).toEqual([jtiOf(tokens.access_token)])
      expect(published.filter((grantId) => grantId === tokens.grantId)).toHaveLength(1)
      expect((await at().refresh(next.refresh_token)).statusCode).toBe(200)
      expect(context.logs()).toContain(`"jti":"${jtiOf(tokens.access_token)}"`)
    },
  )

  it('is remembered until /verify would no longer take it, a minute past its end', async () => {
    const tokens = await at().signIn(context)
    await at().revoke(tokens.access_token)
    context.advance(3600 + 30)
    // What is over is forgotten when something else is revoked.
    await context.stores.grants.revokeToken(tokens.grantId, 'another', Math.floor(context.clock() / 1000) + 600)
    expect((await find(tokens.grantId))?.revokedTokens).toContain(jtiOf(tokens.access_token))
  })

  it('ends the sign-in when more were given back than are remembered one by one', async () => {
    const tokens = await at().signIn(context)
    await fill(tokens.grantId)
    expect((await at().revoke(tokens.access_token)).statusCode).toBe(200)
    expect(await isAlive(tokens.grantId)).toBe(false)
  })
})

const fill = async (grantId: string) => {
  const until = Math.floor(context.clock() / 1000) + 600
  for (let index = 0; index < REVOKED_TOKENS_LIMIT; index++) {
    await context.stores.grants.revokeToken(grantId, `other-${index}`, until)
  }
}

describe('a token that an agent holds for a person', () => {
  it('is given back by the agent, which ends that token alone', async () => {
    const agent = await addClient(context, {}, 'client_secret_post')
    const tokens = await at().signIn(context)
    const token = await exchanged(tokens.grantId, agent)
    expect((await at(agent).revoke(token, { client_secret: agent.secret })).statusCode).toBe(200)
    expect((await find(tokens.grantId))?.revokedTokens).toEqual([jtiOf(token)])
  })

  it('is not the person’s client’s to give back', async () => {
    const tokens = await at().signIn(context)
    expectRefusal(await at().revoke(await exchanged(tokens.grantId, await addClient(context))), 400, 'invalid_grant')
    expect((await find(tokens.grantId))?.revokedTokens).toEqual([])
  })

  it('never ends the person’s sign-in, however many were given back', async () => {
    const agent = await addClient(context)
    const tokens = await at().signIn(context)
    await fill(tokens.grantId)
    const response = await at(agent).revoke(await exchanged(tokens.grantId, agent))
    expectRefusal(response, 503, 'temporarily_unavailable')
    expect(response.headers['retry-after']).toBe('60')
    expect(await isAlive(tokens.grantId)).toBe(true)
  })
})

describe('a personal access token', () => {
  it('is ended by whoever bears it, without a client', async () => {
    const { grant, token } = await personal()
    expect((await post(form({ token }))).statusCode).toBe(200)
    expect(await isAlive(grant.id)).toBe(false)
    expect(published).toContain(grant.id)
    expect(context.logs()).toContain('"reason":"revoked_by_bearer"')
  })

  it('is ended by a client that bears it', async () => {
    const { grant, token } = await personal()
    expect((await at().revoke(token)).statusCode).toBe(200)
    expect(await isAlive(grant.id)).toBe(false)
  })

  it.each([
    ['a client that is not itself', { client_id: 'cli_unknown' }, {}],
    ['a secret without a client', { client_secret: 'x' }, {}],
    ['an Authorization header that is wrong', {}, { authorization: 'Basic eDp5' }],
  ])('is not ended by %s', async (_what, fields, headers) => {
    const { grant, token } = await personal()
    expectRefusal(await post(form({ token, ...fields }), headers), 401, 'invalid_client')
    expect(await isAlive(grant.id)).toBe(true)
  })

  it('that nobody made is 200, and ends nothing (REV-02)', async () => {
    const { grant } = await personal()
    expect((await post(form({ token: newPersonalToken(grant.id) }))).statusCode).toBe(200)
    expect(await isAlive(grant.id)).toBe(true)
  })
})

describe('POST /revoke', () => {
  it.each(['x', 'a.b.c', `ref_${'x'.repeat(87)}`, `pat_${'x'.repeat(65)}`, 'ü'.repeat(100), ' ', '\0'])(
    'answers 200 to what is no token: %j (REV-02)',
    async (token) => {
      expect((await at().revoke(token)).statusCode).toBe(200)
    },
  )

  it('answers 200 to a token that is over, also a second time (REV-02)', async () => {
    const tokens = await at().signIn(context)
    for (let time = 0; time < 2; time++) expect((await at().revoke(tokens.refresh_token)).statusCode).toBe(200)
    const other = await at().signIn(context)
    context.advance(3700)
    expect((await at().revoke(other.access_token)).statusCode).toBe(200)
    expect(await find(other.grantId)).toMatchObject({ revokedTokens: [] })
  })

  it.each<[string, (tokens: TokenAnswer) => string]>([
    ['refresh token', (tokens) => tokens.refresh_token],
    ['access token', (tokens) => tokens.access_token],
  ])('lets no client end anything by the %s of another (REV-01)', async (_what, pick) => {
    const tokens = await at().signIn(context)
    expectRefusal(await at(await addClient(context)).revoke(pick(tokens)), 400, 'invalid_grant')
    expect(await find(tokens.grantId)).toMatchObject({ revokedTokens: [] })
  })

  it('wants a token, and the client itself (REV-02)', async () => {
    const confidential = await addClient(context, {}, 'client_secret_post')
    expectRefusal(await at().revoke(undefined), 400, 'invalid_request')
    expectRefusal(await post(''), 401, 'invalid_client')
    expectRefusal(await at(confidential).revoke('x'), 401, 'invalid_client')
    expectRefusal(await at(confidential).revoke('x', { client_secret: 'wrong' }), 401, 'invalid_client')
    expectRefusal(await at({ clientId: 'cli_unknown', secret: '' }).revoke('x'), 401, 'invalid_client')
  })

  it('takes a form alone, and nothing in the URL', async () => {
    const response = await app.inject({ method: 'POST', url: '/revoke?token=x', headers: { 'content-type': FORM }, payload: '' })
    expectRefusal(response, 400, 'invalid_request')
    expectRefusal(await post('{}', { 'content-type': 'application/json' }), 415, 'invalid_request')
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'] as const)('answers %s with 405 and Allow', async (method) => {
    const response = await app.inject({ method, url: '/revoke' })
    expect(response.statusCode).toBe(405)
    expect(response.headers).toMatchObject({ allow: 'POST, OPTIONS', 'cache-control': 'no-store' })
  })

  it('is open to pages of any origin, never with credentials (rule 41)', async () => {
    const headers = { origin: 'https://a.test', 'access-control-request-headers': 'authorization' }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/revoke', headers })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials')
  })
})

describe('while the store is away', () => {
  const TOKENS: readonly [string, (tokens: TokenAnswer) => string][] = [
    ['refresh token', (tokens) => tokens.refresh_token],
    ['access token', (tokens) => tokens.access_token],
  ]

  it.each<[kind: string, step: 'find' | 'revoke' | 'revokeToken', (tokens: TokenAnswer) => string]>([
    ['refresh token', 'find', (tokens) => tokens.refresh_token],
    ['refresh token', 'revoke', (tokens) => tokens.refresh_token],
    ['access token', 'find', (tokens) => tokens.access_token],
    ['access token', 'revokeToken', (tokens) => tokens.access_token],
  ])('the %s is 503 when %s fails, never 200, and ends at the second try (REV-02, CVE-2020-15223)', async (kind, step, pick) => {
    const tokens = await at().signIn(context)
    const fault = vi.spyOn(context.stores.grants, step).mockRejectedValueOnce(new StoreUnavailableError('away'))
    const response = await at().revoke(pick(tokens))
    expectRefusal(response, 503, 'temporarily_unavailable')
    expect(response.headers['retry-after']).toBeDefined()
    fault.mockRestore()
    expect((await at().revoke(pick(tokens))).statusCode).toBe(200)
    if (kind === 'refresh token') expect(await isAlive(tokens.grantId)).toBe(false)
    else expect((await find(tokens.grantId))?.revokedTokens).toEqual([jtiOf(tokens.access_token)])
  })

  it.each(TOKENS)('a %s whose end nobody was told of is told at the second try (REV-01)', async (kind, pick) => {
    const tokens = await at().signIn(context)
    const fault = vi.spyOn(context.stores.revocations, 'publish').mockRejectedValueOnce(new StoreUnavailableError('away'))
    expectRefusal(await at().revoke(pick(tokens)), 503, 'temporarily_unavailable')
    fault.mockRestore()
    expect(published).not.toContain(tokens.grantId)
    expect((await at().revoke(pick(tokens))).statusCode).toBe(200)
    // An ended grant is not found again; replicas see that within the time for which they keep answers.
    if (kind === 'access token') expect(published).toContain(tokens.grantId)
    else expect(await isAlive(tokens.grantId)).toBe(false)
  })
})
