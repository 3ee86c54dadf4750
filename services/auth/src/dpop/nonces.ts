import { createHmac, type KeyObject } from 'node:crypto'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { equalDigests } from '../oauth/secret.ts'
import { deriveKey } from '../secrets/sealer.ts'
import { CLOCK_DIFFERENCE_SECONDS, NONCE_TTL_SECONDS } from './lifetimes.ts'

/**
 * Nonces for DPoP proofs (RFC 9449 §8): the second they were made in, and a tag over it that nobody can make without
 * GATEHOUSE_SECRETS. So proofs cannot be made in advance, every replica takes every replica's, and nothing is stored.
 */
export interface Nonces {
  make(): string
  /** How long it is still good for; undefined = it is not ours, or its time is over. */
  secondsLeft(nonce: string): number | undefined
}

const NONCE = /^([0-9a-z]{1,8})\.([A-Za-z0-9_-]{22})$/
const TAG_BYTES = 16

export function createNonces(secrets: readonly string[], clock: Clock): Nonces {
  const keys = secrets.map((secret) => deriveKey(secret, 'dpop-nonce'))
  const [first] = keys
  if (first === undefined) throw new Error('nonces need at least one secret')
  return {
    make: () => {
      const madeAt = nowSeconds(clock).toString(36)
      return `${madeAt}.${tag(first, madeAt)}`
    },
    secondsLeft: (nonce) => {
      const [, madeAt, presented] = NONCE.exec(nonce) ?? []
      if (madeAt === undefined || presented === undefined) return undefined
      if (!keys.some((key) => equalDigests(tag(key, madeAt), presented))) return undefined
      const left = Number.parseInt(madeAt, 36) + NONCE_TTL_SECONDS - nowSeconds(clock)
      return left > 0 && left <= NONCE_TTL_SECONDS + CLOCK_DIFFERENCE_SECONDS ? left : undefined
    },
  }
}

const tag = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest().subarray(0, TAG_BYTES).toString('base64url')
