import type { webcrypto } from 'node:crypto'
import type { Auth } from '@gatehouse/auth'
import { type AssertionKeys, KeysUnavailableError } from '@gatehouse/bridge'

/** Hands the authorization server's public keys to the bridge in the same process. */
export function ownKeys(keys: Auth['keys']): AssertionKeys {
  const converted = new Map<string, webcrypto.CryptoKey>()
  return {
    find: async (kid) => {
      const known = converted.get(kid)
      if (known) return known
      const key = published(keys).find((candidate) => candidate.kid === kid)
      if (key === undefined) return undefined
      const cryptoKey = key.publicKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])
      converted.set(kid, cryptoKey)
      return cryptoKey
    },
  }
}

function published(keys: Auth['keys']) {
  try {
    return keys.published()
  } catch (error) {
    throw new KeysUnavailableError('the keys were not read yet', { cause: error })
  }
}
