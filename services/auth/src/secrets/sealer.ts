import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { freshBytes } from '../oauth/secret.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts what leaves this process (at rest, in a hidden field, in a URL) and may not be read or changed there. */
export interface Sealer {
  /** AES-256-GCM under a key of its own per purpose; base64url. */
  seal(text: string): string
  /** undefined when it was not sealed by us for this purpose, or was changed. */
  open(sealed: string): string | undefined
}

/**
 * @param secrets - GATEHOUSE_SECRETS: the first seals, all open
 * @param purpose - what is sealed; a value sealed for one purpose never opens for another
 */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) => deriveKey(secret, purpose))
  const [first] = keys
  if (first === undefined) throw new Error('a sealer needs at least one secret')
  return {
    seal: (text) => sealWith(first, text),
    open: (sealed) => {
      for (const key of keys) {
        const text = openWith(key, sealed)
        if (text !== undefined) return text
      }
      return undefined
    },
  }
}

/** Which of the secrets opens a value, by its place in the list; undefined when none does. */
export function openingSecret(secrets: readonly string[], purpose: string, sealed: string): number | undefined {
  const place = secrets.findIndex((secret) => openWith(deriveKey(secret, purpose), sealed) !== undefined)
  return place < 0 ? undefined : place
}

/**
 * A 256-bit key for one purpose out of a secret (RFC 5869). Keys are key objects throughout: node:crypto makes one of bytes at
 * each use, which takes three times as long as the encryption.
 */
export const deriveKey = (secret: string, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `gatehouse ${purpose}`, 32)))

/** One AES-256-GCM encryption; base64url of nonce, ciphertext and tag. */
export function sealWith(key: KeyObject, text: string): string {
  const nonce = freshBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** undefined when the key is another, or the text was changed. */
export function openWith(key: KeyObject, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
