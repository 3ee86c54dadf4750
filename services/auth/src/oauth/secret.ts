import { hash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto'

/** 256 bits: nobody guesses it, so a plain SHA-256 is enough at rest (RFC 9700 has no slow-hash demand for random secrets). */
const SECRET_BYTES = 32

/** 43 characters of `[A-Za-z0-9_-]`; clients send secrets through `btoa(id:secret)` unescaped, so nothing else may occur. */
export const randomSecret = (bytes: number = SECRET_BYTES): string => freshBytes(bytes).toString('base64url')

/** Random bytes fetched ahead, as node:crypto does it for randomUUID(): a call for each few of them takes ten times as long. */
const ahead = Buffer.alloc(4096)
let used = ahead.length

/** Random bytes that nobody else gets and that are kept nowhere here. */
export function freshBytes(count: number): Buffer {
  if (count > ahead.length) return randomBytes(count)
  if (used + count > ahead.length) {
    randomFillSync(ahead)
    used = 0
  }
  const bytes = Buffer.from(ahead.subarray(used, used + count))
  ahead.fill(0, used, used + count)
  used += count
  return bytes
}

/** SHA-256 as base64url: how codes, tokens and secrets are stored and looked up. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url')

/** Compares two digests without telling by time where they differ. */
export function equalDigests(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
