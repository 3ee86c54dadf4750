import { afterEach, describe, expect, it } from 'vitest'
import type { OAuthError } from '../oauth/error.ts'
import { sha256 } from '../oauth/secret.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { makeProof, proofSigner } from '../testing/proofs.ts'
import { createTestContext, SECRET, type TestContext } from '../testing/test-context.ts'
import { createNonces } from './nonces.ts'
import { createProofs, type Proofs, type ProvenRequest } from './proofs.ts'

const opened: TestContext[] = []
afterEach(async () => {
  for (const context of opened.splice(0)) await context.stores.close()
})
const open = async (environment: Record<string, string> = {}) => {
  const context = await createTestContext({ environment })
  opened.push(context)
  return context
}

const signer = proofSigner()
const TOKEN: ProvenRequest = { method: 'POST', url: 'https://gate.test/token' }
const CALL: ProvenRequest = { method: 'POST', url: 'https://gate.test/memory/mcp', ath: sha256('token') }
const now = (context: TestContext) => Math.floor(context.clock() / 1000)

function outcome(proofs: Proofs, proof: string, request = TOKEN) {
  try {
    return proofs.check(proof, request)
  } catch (error) {
    return error as OAuthError
  }
}

describe('without nonces', () => {
  it.each<[string, string, Record<string, unknown>, ProvenRequest?]>([
    ['none', 'the URL', {}],
    ['none', 'a query (§4.3: ignored)', { htu: `${TOKEN.url}?a=b` }],
    ['none', 'a fragment', { htu: `${TOKEN.url}#a` }],
    ['none', 'a host in capitals', { htu: 'HTTPS://GATE.TEST/token' }],
    ['none', 'the default port', { htu: 'https://gate.test:443/token' }],
    ['none', 'a path to be tidied', { htu: 'https://gate.test/x/../token' }],
    ['proof_wrong_url', 'another path', { htu: 'https://gate.test/other' }],
    ['proof_wrong_url', 'a slash at the end', { htu: `${TOKEN.url}/` }],
    ['proof_wrong_url', 'a path in capitals', { htu: 'https://gate.test/TOKEN' }],
    ['proof_wrong_url', 'another host', { htu: 'https://evil.test/token' }],
    ['proof_wrong_url', 'another scheme', { htu: 'http://gate.test/token' }],
    ['proof_wrong_url', 'another port', { htu: 'https://gate.test:8443/token' }],
    ['proof_wrong_url', 'a user name', { htu: 'https://me@gate.test/token' }],
    ['proof_wrong_url', 'the path alone', { htu: '/token' }],
    ['proof_wrong_method', 'another method', { htm: 'GET' }],
    ['proof_wrong_method', 'the method in small letters', { htm: 'post' }],
    ['none', 'the digest of the token', { htu: CALL.url, ath: CALL.ath }, CALL],
    ['proof_wrong_token', 'the digest of another token', { htu: CALL.url, ath: sha256('other') }, CALL],
    ['proof_wrong_token', 'no digest', { htu: CALL.url }, CALL],
    ['proof_wrong_token', 'an empty digest', { htu: CALL.url, ath: '' }, CALL],
    ['none', 'a digest where there is no token', { ath: 'anything' }],
  ])('%s for %s', async (reason, _what, claims, request = TOKEN) => {
    const context = await open({ DPOP_NONCES: 'off' })
    const proofs = createProofs(context)
    const proof = makeProof(signer, { htm: 'POST', htu: TOKEN.url, iat: now(context), ...claims })
    expect(outcome(proofs, proof, request)).toMatchObject(reason === 'none' ? { jkt: signer.jkt } : { reason })
  })

  it.each([
    [-301, false],
    [-300, true],
    [0, true],
    [0.5, true],
    [300, true],
    [301, false],
  ])('iat may be five minutes off, both ways: %i seconds', async (off, isFine) => {
    const context = await open({ DPOP_NONCES: 'off' })
    const proof = makeProof(signer, { htm: 'POST', htu: TOKEN.url, iat: now(context) + off })
    const expected = isFine ? { jkt: signer.jkt } : { code: 'invalid_dpop_proof', reason: 'proof_wrong_time' }
    expect(outcome(createProofs(context), proof)).toMatchObject(expected)
  })

  it('no nonce is asked for or handed out', async () => {
    const proofs = createProofs(await open({ DPOP_NONCES: 'off' }))
    expect(proofs.freshNonce()).toBeUndefined()
  })
})

describe('with nonces', () => {
  const attempt = (context: TestContext, nonce: string | undefined, proofs = createProofs(context)) =>
    outcome(proofs, makeProof(signer, { htm: 'POST', htu: TOKEN.url, iat: now(context), nonce }))

  it('a proof without one is told which to use (RFC 9449 §8)', async () => {
    const context = await open()
    const refusal = attempt(context, undefined)
    expect(refusal).toMatchObject({ code: 'use_dpop_nonce', status: 400, reason: 'proof_without_nonce' })
    const nonce = (refusal as OAuthError).headers['dpop-nonce']
    // NQCHAR (§8.1).
    expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(attempt(context, nonce)).toMatchObject({ jkt: signer.jkt })
  })

  it('one is good for five minutes, however often, and then replaced', async () => {
    const context = await open()
    const proofs = createProofs(context)
    const nonce = proofs.freshNonce()
    expect(attempt(context, nonce, proofs)).toMatchObject({ jkt: signer.jkt, needsNonce: false })
    context.advance(151)
    expect(attempt(context, nonce, proofs)).toMatchObject({ jkt: signer.jkt, needsNonce: true })
    context.advance(148)
    expect(attempt(context, nonce, proofs)).toMatchObject({ jkt: signer.jkt })
    context.advance(1)
    expect(attempt(context, nonce, proofs)).toMatchObject({ code: 'use_dpop_nonce', reason: 'proof_nonce_over' })
  })

  it.each(['', 'x', '0.AAAAAAAAAAAAAAAAAAAAAA', 'zzzzzzzz.AAAAAAAAAAAAAAAAAAAAAA', `x${'y'.repeat(900)}`])(
    'one that is not ours is none: %#',
    async (nonce) => {
      expect(attempt(await open(), nonce)).toMatchObject({ code: 'use_dpop_nonce' })
    },
  )

  it('its time cannot be changed', async () => {
    const context = await open()
    const [madeAt = '', tag] = (createProofs(context).freshNonce() ?? '').split('.')
    const later = (Number.parseInt(madeAt, 36) + 1).toString(36)
    expect(attempt(context, `${later}.${tag}`)).toMatchObject({ code: 'use_dpop_nonce' })
  })

  it('replicas take each other’s, also while GATEHOUSE_SECRETS is being rotated, and with clocks ten seconds apart', () => {
    const other = 'Zq8WvY2nR5tB1mK7cX4dJ9hL6sF3gP0a'
    const clock = () => 1_000_000_000
    const [before, during, after] = [[SECRET], [other, SECRET], [other]].map((secrets) => createNonces(secrets, clock))
    expect(during?.secondsLeft(before?.make() ?? '')).toBe(300)
    expect(after?.secondsLeft(during?.make() ?? '')).toBe(300)
    expect(after?.secondsLeft(before?.make() ?? '')).toBeUndefined()
    const ahead = (ms: number) => createNonces([SECRET], () => clock() + ms).make()
    expect(before?.secondsLeft(ahead(10_000))).toBe(310)
    expect(before?.secondsLeft(ahead(11_000))).toBeUndefined()
  })
})

describe('a proof counts once', () => {
  const checked = (context: TestContext, proofs: Proofs, claims: Record<string, unknown> = {}, by = signer, request = TOKEN) =>
    proofs.check(makeProof(by, { htm: 'POST', htu: request.url, iat: now(context), jti: 'one', ...claims }), request)
  const isTaken = async (proofs: Proofs, proof: ReturnType<Proofs['check']>) =>
    proofs.spend(proof).then(
      () => true,
      (error: OAuthError) => error.reason,
    )

  it('of fifty at once, at several replicas, one is accepted (RFC 9449 §11.1)', async () => {
    const context = await open({ DPOP_NONCES: 'off' })
    const replicas = [createProofs(context), createProofs(context), createProofs(context)]
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const proofs = replicas[index % 3] as Proofs
        return isTaken(proofs, checked(context, proofs))
      }),
    )
    expect(outcomes.filter((taken) => taken === true)).toHaveLength(1)
    expect(outcomes.filter((taken) => taken === 'proof_replayed')).toHaveLength(49)
  })

  it('for its key and URL; another key or URL may have the same jti', async () => {
    const context = await open({ DPOP_NONCES: 'off' })
    const proofs = createProofs(context)
    expect(await isTaken(proofs, checked(context, proofs))).toBe(true)
    expect(await isTaken(proofs, checked(context, proofs, { iat: now(context) - 9 }))).toBe('proof_replayed')
    expect(await isTaken(proofs, checked(context, proofs, { htu: `${TOKEN.url}?x` }))).toBe('proof_replayed')
    expect(await isTaken(proofs, checked(context, proofs, {}, proofSigner()))).toBe(true)
    expect(await isTaken(proofs, checked(context, proofs, { ath: CALL.ath }, signer, CALL))).toBe(true)
    expect(await isTaken(proofs, checked(context, proofs, { jti: 'two' }))).toBe(true)
  })

  it.each([-300, -1, 0, 299, 300])('as long as it could come again: iat %i seconds off', async (off) => {
    const context = await open({ DPOP_NONCES: 'off' })
    const proofs = createProofs(context)
    const claims = { iat: now(context) + off }
    expect(await isTaken(proofs, checked(context, proofs, claims))).toBe(true)
    context.advance(300 + off)
    expect(await isTaken(proofs, checked(context, proofs, claims))).toBe('proof_replayed')
    context.advance(1)
    expect(() => checked(context, proofs, claims)).toThrow(/5 minutes/)
  })

  it('with a nonce no longer than that is good', async () => {
    const context = await open()
    const proofs = createProofs(context)
    const nonce = proofs.freshNonce()
    context.advance(200)
    expect(checked(context, proofs, { nonce }).seconds).toBe(110)
    expect(checked(context, proofs, { nonce, iat: now(context) - 250 }).seconds).toBe(60)
  })

  it('is neither taken nor refused while the store is away (FLT-01)', async () => {
    const context = await open({ DPOP_NONCES: 'off' })
    const away = () => Promise.reject(new StoreUnavailableError(new Error('test')))
    const stores = { ...context.stores, expiring: { ...context.stores.expiring, add: away } }
    const proofs = createProofs({ ...context, stores })
    await expect(proofs.spend(checked(context, proofs))).rejects.toBeInstanceOf(StoreUnavailableError)
  })
})
