import { createPrivateKey, createPublicKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Sealer } from '../secrets/sealer.ts'
import type { StoredKey } from '../store/key-store.ts'
import type { SigningKey } from './signing-keys.ts'

/** ES256: small signatures, and every client library has it. */
export const SIGNING_ALGORITHM = 'ES256'

/** The sealer's purpose. */
export const SIGNING_KEYS = 'signing-keys'

/** After every key there is, whether we can open it or not. */
export const nextGeneration = (stored: readonly StoredKey[]): number =>
  Math.max(-1, ...stored.map(({ generation }) => generation)) + 1

/** Makes a key pair, ready to be stored; the private half is readable only with GATEHOUSE_SECRETS. */
export async function makeKey(
  sealer: Sealer,
  place: { readonly generation: number; readonly activatesAt: number; readonly createdAt: number },
): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
  const privateJwk = await exportJWK(privateKey)
  const publicJwk = publicHalf(privateJwk)
  return {
    ...place,
    kid: await calculateJwkThumbprint(publicJwk),
    publicJwk: { ...publicJwk },
    sealedPrivateJwk: sealer.seal(JSON.stringify(privateJwk)),
  }
}

/**
 * Opens a stored key; undefined when it was sealed under a secret we do not have. The public half is taken from the
 * sealed one, never from beside it: whoever can write into the store cannot make us trust a key of theirs.
 */
export async function openKey(sealer: Sealer, stored: StoredKey): Promise<SigningKey | undefined> {
  const text = sealer.open(stored.sealedPrivateJwk)
  if (text === undefined) return undefined
  const privateJwk = JSON.parse(text) as JWK
  const publicJwk = publicHalf(privateJwk)
  const privateKey = createPrivateKey({ key: { ...privateJwk }, format: 'jwk' })
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    kid,
    privateKey,
    publicKey: createPublicKey(privateKey),
    publicJwk: { ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
  }
}

const publicHalf = ({ kty, crv, x, y }: JWK): JWK => ({
  ...(kty === undefined ? {} : { kty }),
  ...(crv === undefined ? {} : { crv }),
  ...(x === undefined ? {} : { x }),
  ...(y === undefined ? {} : { y }),
})
