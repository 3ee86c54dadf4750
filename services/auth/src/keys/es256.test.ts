import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signEs256, verifyEs256 } from './es256.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const raw = { dsaEncoding: 'ieee-p1363' } as const

describe('an ES256 signature', () => {
  it('is what node:crypto calls ieee-p1363, both ways, 1,000 times', () => {
    // One in 128 has a number that is shorter than 32 bytes.
    for (let index = 0; index < 1000; index++) {
      const data = Buffer.from(`data ${index}`)
      const ours = signEs256(data, privateKey)
      expect(ours).toHaveLength(64)
      expect(verify('sha256', data, { key: publicKey, ...raw }, ours)).toBe(true)
      expect(verifyEs256(data, publicKey, sign('sha256', data, { key: privateKey, ...raw }))).toBe(true)
    }
  })

  it.each<[string, (signature: Buffer) => Buffer]>([
    ['a changed byte', (signature) => Buffer.concat([signature.subarray(0, 63), Buffer.of((signature[63] ?? 0) ^ 1)])],
    ['its halves exchanged', (signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)])],
    ['zeros', () => Buffer.alloc(64)],
    ['r alone', (signature) => Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32)])],
    ['s alone', (signature) => Buffer.concat([Buffer.alloc(32), signature.subarray(32)])],
    ['nothing but ones', () => Buffer.alloc(64, 0xff)],
    ['63 bytes', (signature) => signature.subarray(0, 63)],
    ['65 bytes', (signature) => Buffer.concat([signature, Buffer.of(0)])],
    ['nothing', () => Buffer.of()],
    ['DER', () => sign('sha256', Buffer.from('data'), privateKey)],
  ])('with %s is none', (_what, change) => {
    const data = Buffer.from('data')
    expect(verifyEs256(data, publicKey, change(signEs256(data, privateKey)))).toBe(false)
  })
})
