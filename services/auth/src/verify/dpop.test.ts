import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../oauth/secret.ts'
import { endGrant } from '../store/end-grant.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { makeProof, type ProofSigner, proofSigner } from '../testing/proofs.ts'
import { createTestContext, type TestContext } from '../testing/test-context.ts'
import { accessTokenOf, ask as askOf, liveGrant, question } from '../testing/verify.ts'
import type { VerifyAnswer, VerifyRequest } from './answer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const URL = 'https://gate.test/memory/mcp'
const signer = proofSigner()
const thief = proofSigner()

let context: TestContext
let verifier: Verifier
let replica: Verifier
let token: string
let nonce: string
let isAway = false
beforeAll(async () => {
  const servers = {
    memory: { command: 'x' },
    docs: { url: 'http://docs/mcp' },
    tools: { command: 'x', scopes: { read: ['get_*'] } },
  }
  const base = await createTestContext({ servers })
  const add: typeof base.stores.expiring.add = (...value) =>
    isAway ? Promise.reject(new StoreUnavailableError(new Error('test'))) : base.stores.expiring.add(...value)
  context = { ...base, stores: { ...base.stores, expiring: { ...base.stores.expiring, add } } }
  verifier = createVerifier(context)
  replica = createVerifier(await createTestContext({ replicaOf: context, servers }))
})
beforeEach(async () => {
  isAway = false
  token = accessTokenOf(context, await liveGrant(context), signer.jkt)
  nonce = (await ask(`DPoP ${token}`, prove({ nonce: undefined }))).headers['dpop-nonce'] ?? ''
})
afterAll(() => context.stores.close())

const now = () => Math.floor(context.clock() / 1000)
const prove = (claims: Readonly<Record<string, unknown>> = {}, by: ProofSigner = signer) =>
  makeProof(by, { htm: 'POST', htu: URL, iat: now(), ath: sha256(token), nonce, ...claims })
const ask = (authorization: string, dpop: string | undefined, changes: Partial<VerifyRequest> = {}, of = verifier) =>
  askOf(of, authorization, { dpop, ...changes })
const challengeOf = ({ headers }: VerifyAnswer) => headers['www-authenticate']
const ALGORITHMS = 'algs="ES256 EdDSA Ed25519 PS256 RS256"'

describe('a token that is bound to a key', () => {
  it('opens its server with a proof of that key, a new one for each request', async () => {
    for (let time = 0; time < 3; time++) {
      const answer = await ask(`DPoP ${token}`, prove())
      expect(answer).toMatchObject({ status: 200, headers: { 'x-auth-user': 'octocat' } })
    }
  })

  it.each(['dpop', 'DPOP', 'DPoP '])('is taken under the scheme %s (RFC 9110 §11.1)', async (scheme) => {
    expect((await ask(`${scheme} ${token}`, prove())).status).toBe(200)
  })

  it.each(['ES256', 'EdDSA', 'PS256', 'RS256'])('is proved by %s', async (alg) => {
    const client = proofSigner(alg)
    token = accessTokenOf(context, await liveGrant(context), client.jkt)
    expect((await ask(`DPoP ${token}`, prove({}, client))).status).toBe(200)
  })

  it('as Bearer is refused, and told which scheme it needs, in a challenge that SDKs can read (RFC 9449 §7.2, rule 2)', async () => {
    for (const dpop of [undefined, prove()]) {
      const answer = await ask(`Bearer ${token}`, dpop)
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toBe(
        'Bearer error="invalid_token", error_description="the access token is bound to a key; send it with the scheme DPoP and a proof", ' +
          'resource_metadata="https://gate.test/.well-known/oauth-protected-resource/memory/mcp", scope="mcp", ' +
          `DPoP ${ALGORITHMS}`,
      )
    }
  })

  it.each<[string, string, () => string | undefined]>([
    ['invalid_dpop_proof', 'without a proof', () => undefined],
    ['invalid_dpop_proof', 'with an empty one', () => ''],
    ['invalid_dpop_proof', 'with two', () => `${prove()}, ${prove()}`],
    ['invalid_dpop_proof', 'with one for another method', () => prove({ htm: 'GET' })],
    ['invalid_dpop_proof', 'with one for another server', () => prove({ htu: 'https://gate.test/docs/mcp' })],
    ['invalid_dpop_proof', 'with one for the other spelling of the URL', () => prove({ htu: `${URL}/` })],
    ['invalid_dpop_proof', 'with one for another host', () => prove({ htu: 'https://evil.test/memory/mcp' })],
    ['invalid_dpop_proof', 'with one for another token', () => prove({ ath: sha256('another') })],
    ['invalid_dpop_proof', 'with one for no token', () => prove({ ath: undefined })],
    ['invalid_dpop_proof', 'with one that is six minutes old', () => prove({ iat: now() - 360 })],
    ['invalid_dpop_proof', 'with one from the future', () => prove({ iat: now() + 360 })],
    ['invalid_dpop_proof', 'with one of another signature', () => prove().replace(/[^.]+$/, 'A'.repeat(86))],
    ['invalid_token', 'with a proof by another key', () => prove({}, thief)],
    ['use_dpop_nonce', 'with a nonce that is not ours', () => prove({ nonce: 'x' })],
  ])('is 401 %s %s', async (error, _how, dpop) => {
    const answer = await ask(`DPoP ${token}`, dpop())
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.body)).toMatchObject({ error })
    expect(challengeOf(answer)).toMatch(
      new RegExp(`^DPoP ${ALGORITHMS}, error="${error}", error_description="[^"]+", resource_metadata="[^"]+", scope="mcp"$`),
    )
    expect(answer.headers['dpop-nonce'] !== undefined).toBe(error === 'use_dpop_nonce')
    // And nothing was spent by it.
    expect((await ask(`DPoP ${token}`, prove())).status).toBe(200)
  })

  it('is refused with a proof that was used before, on every replica (RFC 9449 §11.1)', async () => {
    const dpop = prove()
    expect((await ask(`DPoP ${token}`, dpop)).status).toBe(200)
    for (const each of [verifier, replica]) {
      const answer = await ask(`DPoP ${token}`, dpop, {}, each)
      expect(answer.status).toBe(401)
      expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_dpop_proof' })
    }
  })

  it('of fifty requests with one proof at once, at two replicas, opens its server to one', async () => {
    const dpop = prove()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(`DPoP ${token}`, dpop, {}, index % 2 === 0 ? verifier : replica)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
  })

  it('has a proof that fits the method and the URL, query aside', async () => {
    const get = { method: 'GET', uri: '/memory/mcp/?x=1' }
    expect((await ask(`DPoP ${token}`, prove({ htm: 'GET', htu: `${URL}/` }), get)).status).toBe(200)
    expect((await ask(`DPoP ${token}`, prove({ htm: 'GET', htu: `${URL}/?x=1#y` }), get)).status).toBe(200)
    expect((await ask(`DPoP ${token}`, prove(), get)).status).toBe(401)
  })

  it('is given a new nonce before the old one ends', async () => {
    expect((await ask(`DPoP ${token}`, prove())).headers).not.toHaveProperty('dpop-nonce')
    context.advance(200)
    const late = await ask(`DPoP ${token}`, prove())
    expect(late.status).toBe(200)
    nonce = late.headers['dpop-nonce'] ?? ''
    context.advance(200)
    expect((await ask(`DPoP ${token}`, prove())).status).toBe(200)
  })

  it('needs no nonce with DPOP_NONCES=off', async () => {
    const environment = { DPOP_NONCES: 'off' }
    const without = createVerifier(await createTestContext({ replicaOf: context, environment }))
    const answer = await ask(`DPoP ${token}`, prove({ nonce: undefined }), {}, without)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers).not.toHaveProperty('dpop-nonce')
  })

  it('is as dead as any other when its grant ends or its time is over, and says so in its own scheme (REV-07)', async () => {
    const grant = await liveGrant(context)
    token = accessTokenOf(context, grant, signer.jkt)
    expect((await ask(`DPoP ${token}`, prove())).status).toBe(200)
    await endGrant(context.stores, grant.id)
    const answer = await ask(`DPoP ${token}`, prove())
    expect(answer.status).toBe(401)
    expect(challengeOf(answer)).toMatch(/^DPoP algs="[^"]+", error="invalid_token", error_description="[^"]+", resource_metadata/)
  })

  it('is refused at another server, with a proof for that one (AUD-01)', async () => {
    const answer = await ask(`DPoP ${token}`, prove({ htu: 'https://gate.test/docs/mcp' }), { uri: '/docs/mcp' })
    expect(answer.status).toBe(401)
    expect(challengeOf(answer)).toMatch(/^DPoP .*error="invalid_token".*\/docs\/mcp"/)
  })

  it('with too little scope is asked for more under its own scheme', async () => {
    token = accessTokenOf(
      context,
      await liveGrant(context, { resource: 'https://gate.test/tools/mcp', scopes: ['openid'] }),
      signer.jkt,
    )
    const answer = await ask(`DPoP ${token}`, prove({ htu: 'https://gate.test/tools/mcp' }), { uri: '/tools/mcp' })
    expect(answer.status).toBe(403)
    expect(challengeOf(answer)).toMatch(/^DPoP algs="[^"]+", error="insufficient_scope", scope="openid read", resource_metadata/)
  })

  it('is 503 while the store is away, never 401: whether its proof was used cannot be told (FLT-01)', async () => {
    expect((await ask(`DPoP ${token}`, prove())).status).toBe(200)
    isAway = true
    const dpop = prove()
    const answer = await ask(`DPoP ${token}`, dpop)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    isAway = false
    expect((await ask(`DPoP ${token}`, dpop)).status).toBe(200)
  })
})

describe('a token that is bound to no key', () => {
  beforeEach(async () => {
    token = accessTokenOf(context, await liveGrant(context))
  })

  it('is refused under the scheme DPoP, with a proof or without', async () => {
    for (const dpop of [undefined, prove()]) {
      const answer = await ask(`DPoP ${token}`, dpop)
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toMatch(/^DPoP .*error="invalid_token"/)
    }
  })

  it('is answered at once, whatever stands in the header DPoP', async () => {
    expect((await ask(`Bearer ${token}`, 'nonsense')).status).toBe(200)
    expect(verifier.answer(question(`Bearer ${token}`, { dpop: 'nonsense' }))).toMatchObject({ status: 200 })
  })
})

describe('credentials under the scheme DPoP that are none', () => {
  it.each(['DPoP', 'DPoP ', 'DPoP x', 'DPoP x y', 'dpop x, Bearer y', `DPoP ${'x'.repeat(8190)}`])(
    'are 401: %#',
    async (authorization) => {
      const answer = await ask(authorization, prove())
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toMatch(/^(DPoP .*|Bearer )error="invalid_token"/)
    },
  )
})
