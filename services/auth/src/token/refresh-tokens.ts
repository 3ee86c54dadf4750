import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { equalDigests, randomSecret, sha256 } from '../oauth/secret.ts'
import { deriveKey, openWith, sealWith } from '../secrets/sealer.ts'

/** `ref_`, the grant id's 22 characters, 256 random bits, a 128-bit tag over all of it. */
const REFRESH_TOKEN = /^(ref_([A-Za-z0-9_-]{22})[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{22})$/
const TAG_BYTES = 16

interface PresentedRefreshToken {
  readonly grantId: string
  /** How the store knows it. */
  readonly hash: string
  /** We made it, ever; so if it is not the current one, it was. False also when GATEHOUSE_SECRETS was lost meanwhile. */
  readonly isAuthentic: boolean
}

/** Makes and recognises refresh tokens, without a list of those that were rotated long ago. */
export interface RefreshTokens {
  issue(grantId: string): string
  /** undefined when it cannot be one of ours */
  read(token: string): PresentedRefreshToken | undefined
}

export function createRefreshTokens(secrets: readonly string[]): RefreshTokens {
  const keys = secrets.map((secret) => deriveKey(secret, 'refresh-token-tag'))
  const [first] = keys
  if (first === undefined) throw new Error('refresh tokens need at least one secret')
  const tag = (key: KeyObject, text: string) =>
    createHmac('sha256', key).update(text).digest().subarray(0, TAG_BYTES).toString('base64url')
  return {
    issue: (grantId) => {
      const body = `ref_${grantId.slice('grt_'.length)}${randomSecret()}`
      return body + tag(first, body)
    },
    read: (token) => {
      const [, body = '', id, presented = ''] = REFRESH_TOKEN.exec(token) ?? []
      if (id === undefined) return undefined
      return {
        grantId: `grt_${id}`,
        hash: sha256(token),
        // Worked out by those who ask: for the current token, which the store knows, nobody does.
        get isAuthentic() {
          return keys.some((key) => equalDigests(tag(key, body), presented))
        },
      }
    },
  }
}

/** Seals a successor so that only the token it replaces opens it: within the grace a second use gets the same one. */
export const sealSuccessor = (token: string, successor: string): string => sealWith(successorKey(token), successor)

/** Follows sealed successors from a presented token to the newest one. @throws Error when the chain is not of this token */
export const newestSuccessor = (token: string, sealedChain: readonly string[]): string =>
  sealedChain.reduce((current, sealed) => {
    const next = openWith(successorKey(current), sealed)
    if (next === undefined) throw new Error('a sealed successor does not open with its predecessor')
    return next
  }, token)

/** A token has 256 random bits, so one hash under a name of its own is all the derivation it needs; the store's digest is another. */
const successorKey = (token: string): KeyObject =>
  createSecretKey(hash('sha256', `gatehouse refresh-successor ${token}`, 'buffer'))
