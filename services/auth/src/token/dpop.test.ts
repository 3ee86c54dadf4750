import type { FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_ASSERTION_TYPE as ASSERTION_TYPE } from '../clients/client-assertion.ts'
import { makeProof, type ProofSigner, proofSigner } from '../testing/proofs.ts'
import {
  type Approval,
  approve,
  createTestApp,
  createTestContext,
  form,
  REDIRECT_URI,
  type TestContext,
} from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer } from '../testing/token-client.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const URL = 'https://gate.test/token'
const signer = proofSigner()
const thief = proofSigner('EdDSA')

let context: TestContext
let app: FastifyInstance
let client: TestClient
let nonce: string
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => tokenEndpoint(scope, context), context)
  client = await addClient(context)
  nonce = String((await send({ grant_type: 'refresh_token' }, prove(signer, { nonce: undefined }))).headers['dpop-nonce'])
})
afterAll(() => app.close())

type Fields = Readonly<Record<string, string | undefined>>

const send = (fields: Fields, dpop?: string | string[], headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/token',
    payload: form({ client_id: client.clientId, ...fields }),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(dpop === undefined ? {} : { dpop }), ...headers },
  })
const prove = (by: ProofSigner, claims: Readonly<Record<string, unknown>> = {}) =>
  makeProof(by, { htm: 'POST', htu: URL, iat: Math.floor(context.clock() / 1000), nonce, ...claims })
const exchange = ({ code, verifier }: Approval, dpop?: string, changes: Fields = {}) =>
  send({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI, ...changes }, dpop)
const refresh = (token: string, dpop?: string, changes: Fields = {}) =>
  send({ grant_type: 'refresh_token', refresh_token: token, ...changes }, dpop)

const boundTo = (answer: TokenAnswer & { token_type?: string }) => [answer.token_type, readPayload(answer.access_token).cnf]
const bound = ({ jkt }: ProofSigner) => ['DPoP', { jkt }]
const UNBOUND = ['Bearer', undefined]

/** Signs in with a key; `by` undefined = without one. */
async function signIn(by: ProofSigner | undefined, of: TestClient = client, changes: Fields = {}) {
  const approval = await approve(context, of.clientId)
  const response = await exchange(approval, by && prove(by), { client_id: of.clientId, ...changes })
  return { ...response.json<TokenAnswer>(), grantId: approval.grant.id }
}

describe('a code with a proof beside it', () => {
  it('gives an access token that is bound to the key, and says so (RFC 9449 §5, §6.1)', async () => {
    const answer = await signIn(signer)
    expect(boundTo(answer)).toEqual(bound(signer))
    expect((await context.stores.grants.find(answer.grantId))?.grant.jkt).toBe(signer.jkt)
  })

  it('is not spent by a proof without a nonce: the client is told which to use, and tries again (§8)', async () => {
    const approval = await approve(context, client.clientId)
    const refusal = await exchange(approval, prove(signer, { nonce: undefined }))
    expect(refusal.statusCode).toBe(400)
    expect(refusal.json()).toEqual({ error: 'use_dpop_nonce', error_description: expect.any(String) })
    const answer = await exchange(approval, prove(signer, { nonce: refusal.headers['dpop-nonce'] }))
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['dpop-nonce']).toEqual(expect.any(String))
    expect(answer.headers['access-control-expose-headers']).toContain('DPoP-Nonce')
  })

  it('of a flow that named a key needs that key (§10)', async () => {
    const approval = await approve(context, client.clientId, { dpopJkt: signer.jkt })
    for (const dpop of [undefined, prove(thief)]) {
      expect((await exchange(approval, dpop)).json()).toMatchObject({ error: 'invalid_grant' })
    }
    expect(boundTo((await exchange(approval, prove(signer))).json())).toEqual(bound(signer))
  })

  it('needs none otherwise, and no client that knows nothing of it sees a difference', async () => {
    const response = await exchange(await approve(context, client.clientId))
    expect(boundTo(response.json())).toEqual(UNBOUND)
    expect(response.headers).not.toHaveProperty('dpop-nonce')
  })
})

describe('a refresh token of a public client', () => {
  it('is bound to the key of the code, and gives tokens bound to it (§5)', async () => {
    let answer: TokenAnswer = await signIn(signer)
    for (let time = 0; time < 3; time++) {
      answer = (await refresh(answer.refresh_token, prove(signer))).json<TokenAnswer>()
      expect(boundTo(answer)).toEqual(bound(signer))
    }
  })

  it.each<[string, () => string | undefined]>([
    ['with another key', () => prove(thief)],
    ['without a proof', () => undefined],
  ])('%s is invalid_grant, and its family lives on', async (_what, dpop) => {
    const answer = await signIn(signer)
    const successor = (await refresh(answer.refresh_token, prove(signer))).json<TokenAnswer>()
    // The current one, and one within its grace.
    for (const token of [successor.refresh_token, answer.refresh_token]) {
      const refusal = await refresh(token, dpop())
      expect([refusal.statusCode, refusal.json().error]).toEqual([400, 'invalid_grant'])
    }
    context.advance(121)
    const { headers } = await refresh('ref_x', prove(signer, { nonce: undefined }))
    nonce = String(headers['dpop-nonce'])
    expect((await refresh(answer.refresh_token, dpop())).json()).toMatchObject({ error: 'invalid_grant' })
    expect((await refresh(successor.refresh_token, prove(signer))).statusCode).toBe(200)
  })

  it('becomes bound when it is first used with a proof', async () => {
    const answer = await signIn(undefined)
    expect(boundTo(answer)).toEqual(UNBOUND)
    const successor = (await refresh(answer.refresh_token, prove(signer))).json<TokenAnswer>()
    expect(boundTo(successor)).toEqual(bound(signer))
    expect((await refresh(successor.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
    expect((await refresh(successor.refresh_token, prove(signer))).statusCode).toBe(200)
  })
})

describe('a refresh token of a client with a secret', () => {
  it('is bound to the client alone: another key, or none, is as good (§5)', async () => {
    const confidential = await addClient(context, {}, 'client_secret_post')
    const proof = { client_id: confidential.clientId, client_secret: confidential.secret }
    const answer = await signIn(signer, confidential, proof)
    expect(boundTo(answer)).toEqual(bound(signer))
    const second = (await refresh(answer.refresh_token, prove(thief), proof)).json<TokenAnswer>()
    expect(boundTo(second)).toEqual(bound(thief))
    const third = (await refresh(second.refresh_token, undefined, proof)).json<TokenAnswer>()
    expect(boundTo(third)).toEqual(UNBOUND)
  })
})

describe('a refresh token of a client that may prove itself or not', () => {
  it('is bound to the key of the code, also when the client had proved itself: a thief would come without (§5)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const choice = await addClient(context, {
      tokenEndpointAuthMethod: 'private_key_jwt',
      tokenEndpointAuthMethods: ['private_key_jwt', 'none'],
      jwks: { keys: [{ ...(await exportJWK(publicKey)) }] },
    })
    const assertion = await new SignJWT({ jti: 'of the choice' })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(choice.clientId)
      .setSubject(choice.clientId)
      .setAudience(URL)
      .setExpirationTime(Math.floor(context.clock() / 1000) + 60)
      .sign(privateKey)
    const proof = { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }
    const answer = await signIn(signer, choice, proof)
    expect(boundTo(answer)).toEqual(bound(signer))
    const asNobody = { client_id: choice.clientId }
    for (const dpop of [undefined, prove(thief)]) {
      expect((await refresh(answer.refresh_token, dpop, asNobody)).json()).toMatchObject({ error: 'invalid_grant' })
    }
    expect((await refresh(answer.refresh_token, prove(signer), asNobody)).statusCode).toBe(200)
  })
})

describe('a client that registered dpop_bound_access_tokens', () => {
  it('gets nothing without a proof (§5.2)', async () => {
    const strict = await addClient(context, { dpopBoundAccessTokens: true })
    const approval = await approve(context, strict.clientId)
    const refusal = await exchange(approval, undefined, { client_id: strict.clientId })
    expect([refusal.statusCode, refusal.json().error]).toEqual([400, 'invalid_dpop_proof'])
    const { 'dpop-nonce': handedOut } = refusal.headers
    const answer = await exchange(approval, prove(signer, { nonce: handedOut }), { client_id: strict.clientId })
    expect(boundTo(answer.json())).toEqual(bound(signer))
  })
})

describe('a proof', () => {
  it.each<[string, () => string | string[]]>([
    ['that is empty', () => ''],
    ['that is none', () => 'x'],
    ['for another URL', () => prove(signer, { htu: 'https://gate.test/memory/mcp' })],
    ['for the host that the request names', () => prove(signer, { htu: 'https://evil.test/token' })],
    ['for another method', () => prove(signer, { htm: 'GET' })],
    ['that is six minutes old', () => prove(signer, { iat: Math.floor(context.clock() / 1000) - 360 })],
    ['twice in one header', () => `${prove(signer)}, ${prove(signer)}`],
    ['in two headers', () => [prove(signer), prove(signer)]],
  ])('%s is invalid_dpop_proof, and nothing is spent', async (_what, dpop) => {
    const approval = await approve(context, client.clientId)
    const { code, verifier } = approval
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const forged = { host: 'evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' }
    const refusal = await send(fields, dpop(), forged)
    expect([refusal.statusCode, refusal.json().error]).toEqual([400, 'invalid_dpop_proof'])
    expect((await exchange(approval, prove(signer))).statusCode).toBe(200)
  })

  it('of fifty equal ones at once is taken once (§11.1)', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => signIn(undefined)))
    const dpop = prove(signer)
    const responses = await Promise.all(answers.map(({ refresh_token: token }) => refresh(token, dpop)))
    expect(responses.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    const refused = responses.filter(({ statusCode }) => statusCode === 400)
    expect(refused.map((response) => response.json().error)).toEqual(Array(49).fill('invalid_dpop_proof'))
  })

  it('is about the path of PUBLIC_URL where it has one', async () => {
    const below = await createTestContext({ environment: { PUBLIC_URL: 'https://gate.test/x', DPOP_NONCES: 'off' } })
    const belowApp = await createTestApp((scope) => tokenEndpoint(scope, below), below)
    const ask = (htu: string) =>
      belowApp.inject({
        method: 'POST',
        url: '/token',
        payload: 'grant_type=refresh_token',
        headers: { 'content-type': 'application/x-www-form-urlencoded', dpop: prove(signer, { htu }) },
      })
    expect((await ask(URL)).json()).toMatchObject({ error: 'invalid_dpop_proof' })
    expect((await ask('https://gate.test/x/token')).json()).toMatchObject({ error: 'invalid_client' })
    await belowApp.close()
  })
})
