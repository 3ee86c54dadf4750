import type { FastifyInstance } from 'fastify'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccessTokenReader } from '../keys/access-token.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import {
  type Approval,
  approve,
  createTestApp,
  createTestContext,
  REDIRECT_URI,
  type TestContext,
} from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer, tokenClient } from '../testing/token-client.ts'
import { tokenEndpoint } from './token-endpoint.ts'

let context: TestContext
let app: FastifyInstance
let client: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => tokenEndpoint(scope, context))
  client = await addClient(context)
})
afterAll(() => app.close())

const at = (who = client) => tokenClient(app, who)
const isAlive = async ({ grant }: Approval) => (await context.stores.grants.find(grant.id)) !== undefined

describe('a code', () => {
  it('becomes tokens (TOK-01, rules 29, 30)', async () => {
    const approval = await approve(context, client.clientId)
    const response = await at().redeem(approval)
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    const tokens = response.json<TokenAnswer>()
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(new RegExp(`^ref_${approval.grant.id.slice(4)}[A-Za-z0-9_-]{65}$`)),
      scope: 'mcp',
    })
    const read = createAccessTokenReader(context.keys, 'https://gate.test', context.clock)
    expect(read(tokens.access_token)).toMatchObject({
      outcome: 'valid',
      claims: {
        aud: 'https://gate.test/memory/mcp',
        sub: 'github:583231',
        client_id: client.clientId,
        grant_id: approval.grant.id,
      },
    })
    expect(await isAlive(approval)).toBe(true)
  })

  it('keeps its client for good (rule 20)', async () => {
    const kept = await addClient(context, { registrationTokenHashes: ['one'] })
    await at(kept).redeem(await approve(context, kept.clientId))
    context.advance(400 * 86_400)
    expect(await context.stores.clients.find(kept.clientId)).toMatchObject({ registrationTokenHashes: ['one'] })
  })

  it('takes a client that several registrations share out of all their hands', async () => {
    const shared = await addClient(context, { registrationTokenHashes: ['one', 'two'] })
    await at(shared).redeem(await approve(context, shared.clientId))
    expect(await context.stores.clients.find(shared.clientId)).toMatchObject({ registrationTokenHashes: [] })
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['without redirect_uri (OAuth 2.1)', { redirect_uri: undefined }],
    ['with the resource of the grant (rule 25)', { resource: 'https://gate.test/memory/mcp' }],
    ['with its resource and a slash (rule 25)', { resource: 'https://GATE.test/memory/mcp/' }],
    ['with fields nobody knows (rule 29)', { audience: 'x', device: 'y' }],
    ['with a scope, which is not looked at', { scope: 'admin' }],
  ])('%s is taken', async (_what, changes) => {
    const response = await at().redeem(await approve(context, client.clientId), changes)
    expect(response.statusCode).toBe(200)
    expect(response.json().scope).toBe('mcp')
  })

  it('for every server is for one of them when that is asked for', async () => {
    const approval = await approve(context, client.clientId, { resource: 'https://gate.test' })
    const tokens = (await at().redeem(approval, { resource: 'https://gate.test/docs/mcp' })).json<TokenAnswer>()
    expect(readPayload(tokens.access_token).aud).toBe('https://gate.test/docs/mcp')
  })

  it('ends its tokens with the grant when that is nearer', async () => {
    const now = Math.floor(context.clock() / 1000)
    const old = await approve(context, client.clientId, { createdAt: now - 31_536_000 + 600 })
    expect((await at().redeem(old)).json().expires_in).toBe(600)
  })
})

describe('with the scope openid', () => {
  it('an ID token comes along, with the nonce of the request (OpenID Connect Core §2)', async () => {
    const approval = await approve(context, client.clientId, {
      scopes: ['mcp', 'openid', 'profile', 'email'],
      nonce: 'n-0S6',
      authTime: 7,
    })
    const { id_token: idToken = '' } = (await at().redeem(approval)).json<TokenAnswer>()
    const { payload, protectedHeader } = await jwtVerify(idToken, context.keys.current().publicKey, {
      issuer: 'https://gate.test',
      audience: client.clientId,
      currentDate: new Date(context.clock()),
    })
    expect(protectedHeader.typ).toBe('JWT')
    expect(payload).toEqual({
      iss: 'https://gate.test',
      sub: 'github:583231',
      aud: client.clientId,
      iat: expect.any(Number),
      exp: expect.any(Number),
      auth_time: 7,
      nonce: 'n-0S6',
      preferred_username: 'octocat',
      name: 'The Octocat',
      email: 'octocat@example.com',
      email_verified: true,
    })
  })

  it('alone, an ID token says no more than who it is for', async () => {
    const approval = await approve(context, client.clientId, { scopes: ['mcp', 'openid'] })
    const { id_token: idToken = '' } = (await at().redeem(approval)).json<TokenAnswer>()
    expect(Object.keys(readPayload(idToken)).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sub'])
  })
})

describe('a code is not spent by', () => {
  it.each<[string, Record<string, string | undefined>, string]>([
    ['a wrong verifier (TOK-02)', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    ['a verifier of 42 characters (TOK-02)', { code_verifier: 'x'.repeat(42) }, 'invalid_grant'],
    ['a verifier of 129 characters (TOK-02)', { code_verifier: 'x'.repeat(129) }, 'invalid_grant'],
    ['a verifier of junk (TOK-02)', { code_verifier: 'ü'.repeat(43) }, 'invalid_grant'],
    ['no verifier (TOK-02)', { code_verifier: undefined }, 'invalid_request'],
    ['an empty verifier (TOK-02)', { code_verifier: '' }, 'invalid_request'],
    ['another redirect URI (TOK-05)', { redirect_uri: 'https://client.test/other' }, 'invalid_grant'],
    ['the redirect URI with a slash (TOK-05)', { redirect_uri: `${REDIRECT_URI}/` }, 'invalid_grant'],
    ['the resource of another server (TOK-05)', { resource: 'https://gate.test/docs/mcp' }, 'invalid_target'],
    ['a resource of somebody else (TOK-05)', { resource: 'https://evil.test/mcp' }, 'invalid_target'],
    ['its resource among others (TOK-05)', { resource: 'https://gate.test/memory/mcp https://evil.test/mcp' }, 'invalid_target'],
    ['a resource that is no URL (TOK-05)', { resource: 'memory' }, 'invalid_target'],
    ['a resource with a fragment (AUD-04)', { resource: 'https://gate.test/memory/mcp#x' }, 'invalid_target'],
    ['a resource with escapes (AUD-04)', { resource: 'https://gate.test/%6demory/mcp' }, 'invalid_target'],
  ])('%s', async (_what, changes, error) => {
    const approval = await approve(context, client.clientId)
    const refusal = await at().redeem(approval, changes)
    expect(refusal.statusCode).toBe(400)
    expect(refusal.json()).toEqual({ error, error_description: expect.any(String) })
    expect((await at().redeem(approval)).statusCode).toBe(200)
  })

  it('another client, who learns nothing either (TOK-04)', async () => {
    const approval = await approve(context, client.clientId)
    const thief = await addClient(context)
    const refusal = await at(thief).redeem(approval)
    expect(refusal.json()).toEqual((await at().redeem({ ...approval, code: `cod_${'x'.repeat(65)}` })).json())
    expect((await at().redeem(approval)).statusCode).toBe(200)
  })

  it('four wrong verifiers; the fifth kills it (TOK-02)', async () => {
    for (const [failures, status] of [
      [4, 200],
      [5, 400],
    ] as const) {
      const approval = await approve(context, client.clientId)
      for (let failure = 0; failure < failures; failure++) await at().redeem(approval, { code_verifier: 'x'.repeat(43) })
      expect((await at().redeem(approval)).statusCode).toBe(status)
    }
  })
})

describe('a code is refused', () => {
  it.each<[string, (code: string) => string | undefined, string]>([
    ['when it is missing', () => undefined, 'invalid_request'],
    ['when it is empty', () => '', 'invalid_request'],
    ['when it is of another form', () => 'x', 'invalid_grant'],
    ['when it is of our form and unknown', () => `cod_${'x'.repeat(65)}`, 'invalid_grant'],
    ['with a character changed', (code) => `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`, 'invalid_grant'],
    ['when it is a refresh token', () => `ref_${'x'.repeat(87)}`, 'invalid_grant'],
    ['when it is 60 KB', () => 'x'.repeat(60_000), 'invalid_grant'],
  ])('%s (TOK-14)', async (_what, change, error) => {
    const approval = await approve(context, client.clientId)
    expect((await at().redeem(approval, { code: change(approval.code) })).json().error).toBe(error)
  })

  it.each([
    [59, 200],
    [60, 400],
    [61, 400],
  ])('after a minute: aged %i seconds it gets %i (TOK-09, rule 28)', async (age, status) => {
    const approval = await approve(context, client.clientId)
    context.advance(age)
    expect((await at().redeem(approval)).statusCode).toBe(status)
  })

  it('as an unknown one is, byte for byte, when it has expired (TOK-14)', async () => {
    const approval = await approve(context, client.clientId)
    context.advance(61)
    const expired = await at().redeem(approval)
    expect(expired.body).toBe((await at().redeem({ ...approval, code: `cod_${'x'.repeat(65)}` })).body)
  })

  it('when its client no longer has the redirect URI (CBK-09)', async () => {
    const changing = await addClient(context)
    const approval = await approve(context, changing.clientId)
    const stored = await context.stores.clients.find(changing.clientId)
    if (!stored) throw new Error('no client')
    await context.stores.clients.update({ ...stored, redirectUris: ['https://client.test/new'] })
    expect((await at(changing).redeem(approval)).json().error).toBe('invalid_grant')
  })

  it('when the server it was for is gone', async () => {
    const approval = await approve(context, client.clientId, { resource: 'https://gate.test/removed/mcp' })
    expect((await at().redeem(approval)).json().error).toBe('invalid_grant')
  })
})

describe('a code that comes again', () => {
  it('with everything right ends what it gave (decision 3, TOK-08)', async () => {
    const approval = await approve(context, client.clientId)
    const tokens = (await at().redeem(approval)).json<TokenAnswer>()
    const ended: string[] = []
    context.stores.revocations.subscribe(
      (grantId) => ended.push(grantId),
      () => {},
    )
    expect((await at().redeem(approval)).json().error).toBe('invalid_grant')
    expect(await isAlive(approval)).toBe(false)
    expect(ended).toEqual([approval.grant.id])
    expect((await at().refresh(tokens.refresh_token)).json().error).toBe('invalid_grant')
  })

  it.each<[string, Record<string, string>]>([
    ['a wrong verifier', { code_verifier: 'x'.repeat(43) }],
    ['another redirect URI', { redirect_uri: 'https://evil.test/cb' }],
    ['another resource', { resource: 'https://gate.test/docs/mcp' }],
  ])('with %s harms nobody, ever (decision 3)', async (_what, changes) => {
    const approval = await approve(context, client.clientId)
    await at().redeem(approval)
    for (let time = 0; time < 6; time++) expect((await at().redeem(approval, changes)).statusCode).toBe(400)
    expect(await isAlive(approval)).toBe(true)
  })

  it('by another client harms nobody (decision 3, TOK-04)', async () => {
    const approval = await approve(context, client.clientId)
    await at().redeem(approval)
    const thief = await addClient(context)
    expect((await at(thief).redeem(approval)).json().error).toBe('invalid_grant')
    expect(await isAlive(approval)).toBe(true)
  })

  it('of 50 at once on two replicas yields one set of tokens, and the others end it (TOK-08)', async () => {
    const replica = await createTestContext({ replicaOf: context })
    const other = await createTestApp((scope) => tokenEndpoint(scope, replica))
    for (let round = 0; round < 5; round++) {
      const approval = await approve(context, client.clientId)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => tokenClient(index % 2 === 0 ? app : other, client).redeem(approval)),
      )
      expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
      expect(answers.filter(({ statusCode }) => statusCode === 400)).toHaveLength(49)
      expect(await isAlive(approval)).toBe(false)
    }
    await other.close()
  })
})

describe('while the store is away', () => {
  it.each(['findCode', 'redeemCode', 'countFailedRedemption'] as const)(
    'at %s the answer is 503, and the code is good afterwards (FLT-01)',
    async (step) => {
      const approval = await approve(context, client.clientId)
      const grants = { ...context.stores.grants, [step]: () => Promise.reject(new StoreUnavailableError(new Error('test'))) }
      const broken = await createTestApp((scope) => tokenEndpoint(scope, { ...context, stores: { ...context.stores, grants } }))
      const verifier = step === 'countFailedRedemption' ? 'x'.repeat(43) : approval.verifier
      const response = await tokenClient(broken, client).redeem({ ...approval, verifier })
      expect(response.statusCode).toBe(503)
      expect(response.headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' })
      expect(response.json().error).toBe('temporarily_unavailable')
      expect((await at().redeem(approval)).statusCode).toBe(200)
      await broken.close()
    },
  )
})
