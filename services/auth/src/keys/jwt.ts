import { ES256_SIGNATURE_BYTES, signEs256, verifyEs256 } from './es256.ts'
import type { SigningKey } from './signing-keys.ts'
import { SIGNING_ALGORITHM } from './stored-key.ts'

/**
 * What a JWT of ours is for, as its `typ` (RFC 8725 §3.11). Each kind has its own header, so none passes for another:
 * an ID token is no access token, and neither is an assertion.
 */
export type JwtType = 'at+jwt' | 'gatehouse-assertion+jwt' | 'token-introspection+jwt' | 'JWT'

/** 64 bytes as base64url. */
const SIGNATURE_LENGTH = 86

const headers = new WeakMap<SigningKey, Map<JwtType, string>>()

/** The encoded header that a key's JWTs of one kind all share, byte for byte. */
export function headerSegment(key: SigningKey, typ: JwtType): string {
  const ofKey = headers.get(key) ?? new Map<JwtType, string>()
  headers.set(key, ofKey)
  let segment = ofKey.get(typ)
  if (segment === undefined) {
    segment = Buffer.from(JSON.stringify({ alg: SIGNING_ALGORITHM, typ, kid: key.kid })).toString('base64url')
    ofKey.set(typ, segment)
  }
  return segment
}

/** A signed compact JWT (RFC 7519). node:crypto in one shot: jose's way costs twice as much, and this is a hot path. */
export function signJwt(key: SigningKey, typ: JwtType, claims: Readonly<Record<string, unknown>>): string {
  const signed = `${headerSegment(key, typ)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${signEs256(Buffer.from(signed), key.privateKey).toString('base64url')}`
}

/** Whether `signature` is the one spelling of a signature by this key over `signed`. */
export function isSignedBy(key: SigningKey, signed: string, signature: string): boolean {
  if (signature.length !== SIGNATURE_LENGTH) return false
  const bytes = Buffer.from(signature, 'base64url')
  // Node skips characters that are not base64url and ignores spare bits; a token has one spelling.
  if (bytes.length !== ES256_SIGNATURE_BYTES || bytes.toString('base64url') !== signature) return false
  return verifyEs256(Buffer.from(signed), key.publicKey, bytes)
}
