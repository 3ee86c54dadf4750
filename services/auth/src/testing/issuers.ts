import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { TrustedIssuer } from '../clients/trusted-issuers.ts'
import type { KeySets } from '../fetch/key-sets.ts'
import { randomSecret } from '../oauth/secret.ts'

/** Somebody who signs JWTs: an identity provider, a platform. */
export interface TestIssuer {
  readonly trusted: TrustedIssuer
  readonly publicJwk: Record<string, unknown>
  /** A JWT of it; undefined takes a claim away. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
}

export async function createIssuer(trusted: TrustedIssuer, alg = 'ES256'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomSecret(8)
  return {
    trusted,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header = {}) => new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  }
}

export interface TestKeySets extends KeySets {
  /** Whose keys were asked for. */
  readonly asked: string[]
}

/** The keys of these issuers, and nobody else's. */
export function keySetsOf(issuers: readonly TestIssuer[]): TestKeySets {
  const asked: string[] = []
  return {
    asked,
    of: ({ jwksUri = '' }) => {
      asked.push(jwksUri)
      const keys = issuers.filter(({ trusted }) => trusted.jwksUri === jwksUri).map(({ publicJwk }) => publicJwk)
      return createLocalJWKSet({ keys: keys as never })
    },
  }
}
