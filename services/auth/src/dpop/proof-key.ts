import { constants, createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { verifyEs256 } from '../keys/es256.ts'
import { PROOF_ALGORITHMS, type ProofAlgorithm } from './algorithms.ts'
import { refuseProof } from './refuse-proof.ts'

/** The key of a proof, as its header shows it. */
export interface ProofKey {
  /** RFC 7638 thumbprint, SHA-256, base64url. */
  readonly jkt: string
  verifies(signed: Buffer, signature: Buffer): boolean
}

type Json = Readonly<Record<string, unknown>>

/** Private members of any key type (RFC 7518 §6, RFC 8037 §2), and that of a symmetric key. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

const COORDINATE = /^[A-Za-z0-9_-]{43}$/
/** 2048 to 4096 bits. */
const MODULUS = /^[A-Za-z0-9_-]{342,683}$/
/** Large exponents make checking as slow as signing. */
const EXPONENT = /^[A-Za-z0-9_-]{2,6}$/

/** @throws OAuthError `invalid_dpop_proof` for a header that is none of a DPoP proof (RFC 9449 §4.2) */
export function readProofKey(header: Json): ProofKey {
  const { typ, alg, jwk, crit } = header
  if (typ !== 'dpop+jwt') throw refuseProof('proof_wrong_typ')
  if (!isSupported(alg)) throw refuseProof('proof_wrong_alg')
  // No extension of JWS has a meaning here, so one that must be understood is not (RFC 7515 §4.1.11).
  if (crit !== undefined) throw refuseProof('proof_malformed')
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw refuseProof('proof_wrong_key')
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) throw refuseProof('proof_private_key')
  const members = publicMembers(alg, jwk as Json)
  if (!members) throw refuseProof('proof_wrong_key')
  return {
    // Their names stand in alphabetical order, as RFC 7638 §3 wants.
    jkt: hash('sha256', JSON.stringify(members), 'base64url'),
    verifies: verifierFor(alg, importKey(members)),
  }
}

const isSupported = (alg: unknown): alg is ProofAlgorithm => PROOF_ALGORITHMS.some((supported) => supported === alg)

/** The members that make a key of the type that `alg` needs; undefined when there is none. */
function publicMembers(alg: ProofAlgorithm, { kty, crv, x, y, n, e }: Json): Readonly<Record<string, string>> | undefined {
  switch (alg) {
    case 'ES256':
      return kty === 'EC' && crv === 'P-256' && fits(x, COORDINATE) && fits(y, COORDINATE) ? { crv, kty, x, y } : undefined
    case 'EdDSA':
    case 'Ed25519':
      return kty === 'OKP' && crv === 'Ed25519' && fits(x, COORDINATE) ? { crv, kty, x } : undefined
    case 'PS256':
    case 'RS256':
      return kty === 'RSA' && fits(n, MODULUS) && fits(e, EXPONENT) ? { e, kty, n } : undefined
  }
}

const fits = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value)

function importKey(members: Readonly<Record<string, string>>): KeyObject {
  try {
    const key = createPublicKey({ key: members, format: 'jwk' })
    const bits = key.asymmetricKeyDetails?.modulusLength
    if (bits === undefined || (bits >= 2048 && bits <= 4096)) return key
  } catch {
    // No point of the curve, or no number.
  }
  throw refuseProof('proof_wrong_key')
}

function verifierFor(alg: ProofAlgorithm, key: KeyObject): ProofKey['verifies'] {
  switch (alg) {
    case 'ES256':
      return (signed, signature) => verifyEs256(signed, key, signature)
    case 'EdDSA':
    case 'Ed25519':
      return (signed, signature) => verify(null, signed, key, signature)
    case 'RS256':
      return (signed, signature) => verify('sha256', signed, key, signature)
    case 'PS256': {
      const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants
      return (signed, signature) => verify('sha256', signed, { key, padding, saltLength }, signature)
    }
  }
}
