import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OAuthError } from '../oauth/error.ts'
import { makeProof, type ProofSigner, proofSigner } from '../testing/proofs.ts'
import { PROOF_ALGORITHMS } from './algorithms.ts'
import { createProofReader } from './read-proof.ts'

const CLAIMS = { htm: 'POST', htu: 'https://gate.test/token', iat: 1 }
const signer = proofSigner()

const reasonOf = (proof: string, read = createProofReader()): string => {
  try {
    read(proof)
  } catch (error) {
    if (error instanceof OAuthError) {
      expect(error.code).toBe('invalid_dpop_proof')
      // It is put into a quoted string of a challenge.
      expect(error.message).toMatch(/^[\x20-\x7e]+$/)
      expect(error.message).not.toMatch(/["\\]/)
      return error.reason
    }
    throw error
  }
  return 'none'
}
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Both parts as given, with a signature that fits no key. */
const unsigned = (header: unknown, payload: unknown = { ...CLAIMS, jti: 'x' }) => `${encode(header)}.${encode(payload)}.AAAA`

describe('a proof', () => {
  it.each(PROOF_ALGORITHMS)('by %s is read, its key told by the RFC 7638 thumbprint', (alg) => {
    const client = proofSigner(alg)
    const read = createProofReader()
    for (let time = 0; time < 2; time++) {
      expect(read(makeProof(client, { ...CLAIMS, jti: 'one', nonce: 'n', ath: 'a' }))).toEqual({
        ...CLAIMS,
        jkt: client.jkt,
        jti: 'one',
        nonce: 'n',
        ath: 'a',
      })
    }
  })

  it('has the thumbprint of the example of RFC 9449 §6.1', () => {
    const proof =
      'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19' +
      '.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ' +
      '.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg'
    expect(createProofReader()(proof)).toEqual({
      jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
      jti: '-BwC3ESc6acc2lTc',
      htm: 'POST',
      htu: 'https://server.example.com/token',
      iat: 1562262616,
    })
  })

  it.each<[string, string, (by: ProofSigner) => string]>([
    ['proof_malformed', 'nothing', () => ''],
    ['proof_malformed', 'a word', () => 'nonsense'],
    ['proof_malformed', 'two parts', () => 'e30.e30'],
    ['proof_malformed', 'four parts', () => 'e30.e30.e30.e30'],
    ['proof_malformed', 'a header that is no JSON', () => 'eA.e30.AAAA'],
    ['proof_malformed', 'a header that is a list', () => unsigned([])],
    ['proof_malformed', 'spaces around it', (by) => ` ${makeProof(by, CLAIMS)} `],
    ['proof_malformed', '9,000 characters', () => `e30.${'A'.repeat(9000)}.AAAA`],
    ['proof_malformed', 'an extension that must be understood', (by) => makeProof(by, CLAIMS, { crit: ['b64'], b64: false })],
    ['proof_repeated', 'two proofs', (by) => `${makeProof(by, CLAIMS)}, ${makeProof(by, CLAIMS)}`],
    ['proof_wrong_typ', 'typ JWT', (by) => makeProof(by, CLAIMS, { typ: 'JWT' })],
    ['proof_wrong_typ', 'no typ', (by) => makeProof(by, CLAIMS, { typ: undefined })],
    ['proof_wrong_typ', 'typ at+jwt', (by) => makeProof(by, CLAIMS, { typ: 'at+jwt' })],
    ['proof_wrong_alg', 'alg none', (by) => makeProof(by, CLAIMS, { alg: 'none' })],
    ['proof_wrong_alg', 'no alg', (by) => makeProof(by, CLAIMS, { alg: undefined })],
    ['proof_wrong_alg', 'alg HS256', (by) => symmetric(by)],
    ['proof_wrong_alg', 'alg ES384', (by) => makeProof(by, CLAIMS, { alg: 'ES384' })],
    ['proof_wrong_alg', 'an alg that is a list', (by) => makeProof(by, CLAIMS, { alg: ['ES256'] })],
    ['proof_wrong_key', 'no jwk', (by) => makeProof(by, CLAIMS, { jwk: undefined })],
    ['proof_wrong_key', 'a jwk that is a text', (by) => makeProof(by, CLAIMS, { jwk: 'x' })],
    ['proof_wrong_key', 'a kid in place of a jwk', (by) => makeProof(by, CLAIMS, { jwk: undefined, kid: by.jkt })],
    ['proof_wrong_key', 'a key for another alg', (by) => makeProof(by, CLAIMS, { alg: 'EdDSA' })],
    ['proof_wrong_key', 'a point beside the curve', (by) => makeProof(by, CLAIMS, { jwk: { ...by.jwk, x: by.jwk.y } })],
    ['proof_wrong_key', 'an RSA key of 1024 bits', () => makeProof(weakRsa(), CLAIMS)],
    ['proof_private_key', 'a private key', (by) => makeProof(by, CLAIMS, { jwk: by.privateKey.export({ format: 'jwk' }) })],
    ['proof_private_key', 'a symmetric key', (by) => makeProof(by, CLAIMS, { jwk: { ...by.jwk, k: 'AAAA' } })],
    ['proof_bad_signature', 'another key’s signature', (by) => makeProof(by, CLAIMS, { jwk: proofSigner().jwk })],
    ['proof_bad_signature', 'no signature to speak of', (by) => unsigned({ typ: 'dpop+jwt', alg: 'ES256', jwk: by.jwk })],
    ['proof_bad_signature', 'a changed payload', (by) => withPayload(makeProof(by, CLAIMS), { ...CLAIMS, htm: 'GET', jti: 'x' })],
    ['proof_bad_signature', 'a signature in DER', (by) => makeProof(by, CLAIMS).replace(/[^.]+$/, 'MEUCIQ'.padEnd(96, 'A'))],
    ['proof_wrong_claims', 'no jti', (by) => makeProof(by, { ...CLAIMS, jti: undefined })],
    ['proof_wrong_claims', 'an empty jti', (by) => makeProof(by, { ...CLAIMS, jti: '' })],
    ['proof_wrong_claims', 'no htm', (by) => makeProof(by, { ...CLAIMS, htm: undefined })],
    ['proof_wrong_claims', 'no htu', (by) => makeProof(by, { ...CLAIMS, htu: undefined })],
    ['proof_wrong_claims', 'no iat', (by) => makeProof(by, { ...CLAIMS, iat: undefined })],
    ['proof_wrong_claims', 'an iat that is a text', (by) => makeProof(by, { ...CLAIMS, iat: '1' })],
    ['proof_wrong_claims', 'a nonce that is a number', (by) => makeProof(by, { ...CLAIMS, nonce: 1 })],
    ['proof_wrong_claims', 'an ath that is null', (by) => makeProof(by, { ...CLAIMS, ath: null })],
  ])('is refused as %s: %s', (reason, _what, make) => {
    expect(reasonOf(make(signer))).toBe(reason)
  })

  it('by a key that is known is checked as strictly as the first', () => {
    const read = createProofReader()
    const good = makeProof(signer, CLAIMS)
    expect(reasonOf(good, read)).toBe('none')
    expect(reasonOf(withPayload(good, { ...CLAIMS, htm: 'GET', jti: 'x' }), read)).toBe('proof_bad_signature')
  })
})

const weakRsa = (): ProofSigner => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  return { alg: 'RS256', privateKey, jwk: publicKey.export({ format: 'jwk' }), jkt: '' }
}

/** The public key, which everybody has, used as a secret (RFC 8725 §2.1). */
function symmetric({ jwk }: ProofSigner): string {
  const signed = `${encode({ typ: 'dpop+jwt', alg: 'HS256', jwk })}.${encode({ ...CLAIMS, jti: 'x' })}`
  return `${signed}.${createHmac('sha256', JSON.stringify(jwk)).update(signed).digest('base64url')}`
}

const withPayload = (proof: string, payload: unknown): string => {
  const [header, , signature] = proof.split('.')
  return `${header}.${encode(payload)}.${signature}`
}
