import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

export interface ProofSigner {
  readonly alg: string
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
  /** RFC 7638. */
  readonly jkt: string
}

/** A client's key pair for DPoP. */
export function proofSigner(alg = 'ES256'): ProofSigner {
  const { privateKey } = generate(alg)
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const { crv, e, kty, n, x, y } = jwk
  const text = JSON.stringify(kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y })
  return { alg, privateKey, jwk, jkt: createHash('sha256').update(text).digest('base64url') }
}

function generate(alg: string): { readonly privateKey: KeyObject } {
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519')
  if (alg === 'RS256' || alg === 'PS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

type Json = Readonly<Record<string, unknown>>

/** A proof as a client makes it; members of either part that are undefined are left out. */
export function makeProof(signer: ProofSigner, claims: Json, header: Json = {}): string {
  const encode = (part: Json) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ typ: 'dpop+jwt', alg: signer.alg, jwk: signer.jwk, ...header })}.${encode({ jti: randomUUID(), ...claims })}`
  return `${signed}.${signatureOf(signer, Buffer.from(signed)).toString('base64url')}`
}

function signatureOf({ alg, privateKey }: ProofSigner, data: Buffer): Buffer {
  switch (alg) {
    case 'ES256':
      return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    case 'RS256':
      return sign('sha256', data, privateKey)
    case 'PS256':
      return sign('sha256', data, { key: privateKey, padding: 6, saltLength: 32 })
    default:
      return sign(null, data, privateKey)
  }
}
