import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { AssertionKeys } from '../assertion/assertion-keys.ts'
import { ASSERTION_TYPE } from '../assertion/verify-assertion.ts'

/** A gateway's keys and the assertions that it would make. */
export interface TestGateway {
  readonly keys: AssertionKeys
  readonly jwks: { readonly keys: object[] }
  /** @param claims - replace or add; undefined leaves one out. @param header - the same */
  assert(resource: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

export async function createTestGateway(issuer: string): Promise<TestGateway> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const kid = 'key-1'
  return {
    keys: { find: async (asked) => (asked === kid ? publicKey : undefined) },
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] },
    assert(resource, claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      const all = {
        iss: issuer,
        aud: resource,
        sub: 'github:1',
        client_id: 'client-1',
        scope: 'mcp',
        grant_id: 'grant-1',
        iat: now,
        exp: now + 60,
        jti: crypto.randomUUID(),
        provider: 'github',
        ...claims,
      }
      const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: ASSERTION_TYPE, kid, ...header }).sign(privateKey)
    },
  }
}
