import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newGrantId } from '../oauth/code.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { approve, createTestApp, createTestContext, OCTOCAT, SECRET, type TestContext } from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer, tokenClient } from '../testing/token-client.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const OTHER_SECRET = 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s'
const appOn = (context: TestContext) => createTestApp((scope) => tokenEndpoint(scope, context), context)

let context: TestContext
let app: FastifyInstance
let client: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await appOn(context)
  client = await addClient(context)
})
afterAll(() => app.close())

const at = (who = client) => tokenClient(app, who)
const isAlive = async (grantId: string) => (await context.stores.grants.find(grantId)) !== undefined

describe('a refresh', () => {
  it('gives new tokens of the same scope and audience (REF-01, rules 30, 33)', async () => {
    const first = await at().signIn(context)
    const response = await at().refresh(first.refresh_token)
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^ref_/),
      scope: 'mcp',
    })
    const next = response.json<TokenAnswer>()
    expect(next.refresh_token).not.toBe(first.refresh_token)
    expect(readPayload(next.access_token)).toMatchObject({ aud: 'https://gate.test/memory/mcp', grant_id: first.grantId })
    expect(readPayload(next.access_token).jti).not.toBe(readPayload(first.access_token).jti)
  })

  it.each<[string, string | undefined, string]>([
    ['no scope', undefined, 'read write'],
    ['an empty scope', '', 'read write'],
    ['a part of it (REF-06)', 'read', 'read'],
    ['all of it in another order', 'write read', 'read write'],
    // REF-06 wants invalid_scope here; rules 16 and 31 come first: every code but invalid_grant kills TypeScript clients.
    ['more than it (REF-06 against rule 31)', 'read write admin', 'read write'],
    ['nothing of it (rule 31)', 'openid email', 'read write'],
  ])('for %s has a scope within the grant', async (_what, scope, granted) => {
    const { refresh_token: token } = await at().signIn(context, { scopes: ['read', 'write'] })
    const answer = (await at().refresh(token, { scope })).json<TokenAnswer>()
    expect(answer.scope).toBe(granted)
    expect(readPayload(answer.access_token).scope).toBe(granted)
    // A narrower token leaves the grant as wide as it was.
    expect((await at().refresh(answer.refresh_token)).json().scope).toBe('read write')
  })

  it.each<[string, string, string | undefined, string]>([
    ['its own resource', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp'],
    ['its own with a slash', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp/', 'https://gate.test/memory/mcp'],
    ['none, for every server', 'https://gate.test', undefined, 'https://gate.test'],
    ['the root with a slash', 'https://gate.test', 'https://gate.test/', 'https://gate.test'],
    ['one of every server', 'https://gate.test', 'https://gate.test/docs/mcp', 'https://gate.test/docs/mcp'],
    ['two of every server', 'https://gate.test', 'https://gate.test/docs/mcp https://gate.test/memory/mcp', 'https://gate.test'],
  ])('for %s has the audience of it (rule 25)', async (_what, resource, asked, audience) => {
    const { refresh_token: token } = await at().signIn(context, { resource })
    const answer = (await at().refresh(token, { resource: asked })).json<TokenAnswer>()
    expect(readPayload(answer.access_token).aud).toBe(audience)
  })

  it.each(['https://gate.test/docs/mcp', 'https://gate.test', 'https://evil.test/mcp', 'x'])(
    'for the resource %s, outside its grant, is invalid_target and spends nothing (REF-06)',
    async (resource) => {
      const { refresh_token: token } = await at().signIn(context)
      expect((await at().refresh(token, { resource })).json().error).toBe('invalid_target')
      const next = (await at().refresh(token)).json<TokenAnswer>()
      expect((await at().refresh(next.refresh_token)).statusCode).toBe(200)
    },
  )

  it('has no ID token, which came with the first answer', async () => {
    const first = await at().signIn(context, { scopes: ['mcp', 'openid'] })
    expect(first.id_token).toBeDefined()
    expect((await at().refresh(first.refresh_token)).json()).not.toHaveProperty('id_token')
  })
})

describe('the grace (rule 32, decision 2)', () => {
  it('gives the same successor again, with an access token that works', async () => {
    const { refresh_token: old } = await at().signIn(context)
    const first = (await at().refresh(old)).json<TokenAnswer>()
    context.advance(119)
    const again = (await at().refresh(old)).json<TokenAnswer>()
    expect(again.refresh_token).toBe(first.refresh_token)
    expect(again.access_token).not.toBe(first.access_token)
  })

  it('leads over several steps to the newest token', async () => {
    const { refresh_token: oldest } = await at().signIn(context)
    let newest = oldest
    for (let step = 0; step < 5; step++) newest = (await at().refresh(newest)).json<TokenAnswer>().refresh_token
    expect((await at().refresh(oldest)).json().refresh_token).toBe(newest)
  })

  it('has one successor for 50 at once on two replicas (REF-03)', async () => {
    const replica = await createTestContext({ replicaOf: context })
    const other = await appOn(replica)
    for (let round = 0; round < 5; round++) {
      const { refresh_token: token } = await at().signIn(context)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => tokenClient(index % 2 === 0 ? app : other, client).refresh(token)),
      )
      expect(new Set(answers.map((answer) => answer.json<TokenAnswer>().refresh_token)).size).toBe(1)
    }
    await other.close()
  })

  it('passed, ends the family on a replay, everywhere (decision 2)', async () => {
    const { refresh_token: old, grantId } = await at().signIn(context)
    const newest = (await at().refresh(old)).json<TokenAnswer>()
    const ended: string[] = []
    context.stores.revocations.subscribe(
      (id) => ended.push(id),
      () => {},
    )
    context.advance(121)
    expect((await at().refresh(old)).json()).toEqual({ error: 'invalid_grant', error_description: expect.any(String) })
    expect(ended).toEqual([grantId])
    expect((await at().refresh(newest.refresh_token)).json().error).toBe('invalid_grant')
    expect(context.logs()).toContain('"event":"refresh_replayed"')
  })

  it('long passed, still tells a replay from a guess', async () => {
    const { refresh_token: first, grantId } = await at().signIn(context)
    let newest = first
    for (let step = 0; step < 30; step++) {
      newest = (await at().refresh(newest)).json<TokenAnswer>().refresh_token
      context.advance(3600)
    }
    await at().refresh(first)
    expect(await isAlive(grantId)).toBe(false)
  })

  it('of 0 is strict: of 50 at once one gets tokens, and the others end the family (REF-03)', async () => {
    const strict = await createTestContext({ replicaOf: context, environment: { REFRESH_GRACE: '0' } })
    const other = await appOn(strict)
    const { refresh_token: token, grantId } = await at().signIn(context)
    const answers = await Promise.all(Array.from({ length: 50 }, () => tokenClient(other, client).refresh(token)))
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    expect(await isAlive(grantId)).toBe(false)
    await other.close()
  })
})

describe('a family is not harmed by', () => {
  it.each([
    ['within the grace', 1],
    ['after it', 121],
  ])('another client with its current or its old token, %s (REF-05)', async (_when, seconds) => {
    const { refresh_token: old, grantId } = await at().signIn(context)
    const { refresh_token: current } = (await at().refresh(old)).json<TokenAnswer>()
    context.advance(seconds)
    const thief = await addClient(context)
    for (const token of [old, current]) expect((await at(thief).refresh(token)).json().error).toBe('invalid_grant')
    expect(await isAlive(grantId)).toBe(true)
    expect((await at().refresh(current)).statusCode).toBe(200)
  })

  it('a client with a wrong secret (REF-05)', async () => {
    const confidential = await addClient(context, {}, 'client_secret_post')
    const tokens = await tokenClient(app, confidential).redeem(await approve(context, confidential.clientId), {
      client_secret: confidential.secret,
    })
    const { refresh_token: token } = tokens.json<TokenAnswer>()
    const refusal = await tokenClient(app, confidential).refresh(token, { client_secret: 'wrong' })
    expect([refusal.statusCode, refusal.json().error]).toEqual([401, 'invalid_client'])
    expect((await tokenClient(app, confidential).refresh(token, { client_secret: confidential.secret })).statusCode).toBe(200)
  })

  it.each<[string, (token: string) => string]>([
    ['a token with a changed end', (token) => `${token.slice(0, -4)}AAAA`],
    ['a token with a changed middle', (token) => `${token.slice(0, 40)}AAAA${token.slice(44)}`],
    ['a guess with the id of its grant', (token) => `${token.slice(0, 26)}${'A'.repeat(65)}`],
  ])('%s, though its grant id is right', async (_what, change) => {
    const { refresh_token: token, grantId } = await at().signIn(context)
    expect((await at().refresh(change(token))).json().error).toBe('invalid_grant')
    expect(await isAlive(grantId)).toBe(true)
    expect((await at().refresh(token)).statusCode).toBe(200)
  })
})

describe('a refresh is refused by invalid_grant (rule 31)', () => {
  it.each<[string, string | undefined]>([
    ['no token', undefined],
    ['an empty token', ''],
    ['a token of another form', 'x'],
    ['a token we never gave', createRefreshTokens([SECRET]).issue(newGrantId())],
    ['a token of 60 KB', 'x'.repeat(60_000)],
  ])('for %s', async (_what, token) => {
    const response = await at().refresh('', { refresh_token: token })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({ error: 'invalid_grant', error_description: expect.any(String) })
  })

  it('for an access token (REF-09)', async () => {
    const { access_token: token } = await at().signIn(context)
    expect((await at().refresh(token)).json().error).toBe('invalid_grant')
  })

  it('when it was not used for too long (REF-07)', async () => {
    const { refresh_token: token } = await at().signIn(context)
    context.advance(7_776_000)
    expect((await at().refresh(token)).json().error).toBe('invalid_grant')
  })

  it('a year after the approval, however often it was used (REF-07)', async () => {
    let { refresh_token: token } = await at().signIn(context)
    for (let month = 0; month < 12; month++) {
      context.advance(30 * 86_400)
      token = (await at().refresh(token)).json<TokenAnswer>().refresh_token
    }
    context.advance(5 * 86_400 - 600)
    const last = (await at().refresh(token)).json<TokenAnswer>()
    expect(last.expires_in).toBe(600)
    context.advance(600)
    expect((await at().refresh(last.refresh_token)).json().error).toBe('invalid_grant')
  })

  it('when the server it was for is gone, without ending the grant', async () => {
    const { refresh_token: token, grantId } = await at().signIn(context)
    const fewer = await createTestContext({ replicaOf: context, servers: { docs: { command: 'x' } } })
    const other = await appOn(fewer)
    expect((await tokenClient(other, client).refresh(token)).json().error).toBe('invalid_grant')
    expect(await isAlive(grantId)).toBe(true)
    await other.close()
  })
})

describe('a person', () => {
  it('who is no longer allowed loses the grant at the next refresh (CON-17)', async () => {
    const { refresh_token: token, grantId } = await at().signIn(context)
    const stricter = await createTestContext({ replicaOf: context, environment: { ALLOWED_USERS: 'github:somebody-else' } })
    const other = await appOn(stricter)
    expect((await tokenClient(other, client).refresh(token)).json().error).toBe('invalid_grant')
    expect(await isAlive(grantId)).toBe(false)
    await other.close()
  })

  it('who signed in by the operator’s password is always allowed', async () => {
    const { refresh_token: token } = await at().signIn(context, {
      identity: { ...OCTOCAT, provider: 'password', subject: 'password:operator' },
    })
    const stricter = await createTestContext({ replicaOf: context, environment: { ALLOWED_USERS: '' } })
    const other = await appOn(stricter)
    expect((await tokenClient(other, client).refresh(token)).statusCode).toBe(200)
    await other.close()
  })
})

describe('with GATEHOUSE_SECRET', () => {
  it('lost, the current token goes on and a guess still harms nobody (FLT-18)', async () => {
    const { refresh_token: token, grantId } = await at().signIn(context)
    const next = (await at().refresh(token)).json<TokenAnswer>()
    context.advance(121)
    const fresh = await createTestContext({ replicaOf: context, environment: { GATEHOUSE_SECRET: OTHER_SECRET } })
    const other = await appOn(fresh)
    // Not known as ours any more, so it cannot be a replay either.
    expect((await tokenClient(other, client).refresh(token)).json().error).toBe('invalid_grant')
    expect(await isAlive(grantId)).toBe(true)
    const newest = await tokenClient(other, client).refresh(next.refresh_token)
    expect(newest.statusCode).toBe(200)
    expect((await tokenClient(other, client).refresh(newest.json<TokenAnswer>().refresh_token)).statusCode).toBe(200)
    await other.close()
  })

  it('rotated, a replay is still one', async () => {
    const { refresh_token: token, grantId } = await at().signIn(context)
    await at().refresh(token)
    context.advance(121)
    // The first of the list seals, all open; an empty variable counts as absent.
    const environment = { GATEHOUSE_SECRETS: `${OTHER_SECRET},${SECRET}`, GATEHOUSE_SECRET: '' }
    const rotated = await createTestContext({ replicaOf: context, environment })
    const other = await appOn(rotated)
    await tokenClient(other, client).refresh(token)
    expect(await isAlive(grantId)).toBe(false)
    await other.close()
  })
})

describe('while the store is away', () => {
  it.each(['find', 'rotate'] as const)(
    'at %s the answer is 503, never invalid_grant, and nothing is lost (FLT-01, decision 1)',
    async (step) => {
      const { refresh_token: token } = await at().signIn(context)
      const grants = { ...context.stores.grants, [step]: () => Promise.reject(new StoreUnavailableError(new Error('test'))) }
      const broken = await createTestApp((scope) => tokenEndpoint(scope, { ...context, stores: { ...context.stores, grants } }))
      const response = await tokenClient(broken, client).refresh(token)
      expect([response.statusCode, response.json().error]).toEqual([503, 'temporarily_unavailable'])
      expect((await at().refresh(token)).statusCode).toBe(200)
      await broken.close()
    },
  )

  it('after it took the step, the retry gets what was lost (FLT-11)', async () => {
    const { refresh_token: token } = await at().signIn(context)
    const rotate: typeof context.stores.grants.rotate = async (...step) => {
      await context.stores.grants.rotate(...step)
      throw new StoreUnavailableError(new Error('the answer was lost'))
    }
    const broken = await createTestApp((scope) =>
      tokenEndpoint(scope, { ...context, stores: { ...context.stores, grants: { ...context.stores.grants, rotate } } }),
    )
    expect((await tokenClient(broken, client).refresh(token)).statusCode).toBe(503)
    const retried = (await at().refresh(token)).json<TokenAnswer>()
    expect((await at().refresh(retried.refresh_token)).statusCode).toBe(200)
    await broken.close()
  })
})
