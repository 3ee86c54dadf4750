import { describe, expect, it } from 'vitest'
import { freshBytes, randomSecret } from './secret.ts'

describe('a secret', () => {
  it('has 43 characters that need no escape in a URL', () => {
    expect(randomSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('is nobody else’s, however many are made', () => {
    const secrets = Array.from({ length: 5000 }, () => randomSecret())
    expect(new Set(secrets).size).toBe(5000)
  })

  it.each([1, 12, 16, 32, 4096, 5000])('has %i bytes when so many are asked for, and they differ', (count) => {
    const all = Array.from({ length: 9 }, () => freshBytes(count))
    for (const bytes of all) expect(bytes).toHaveLength(count)
    if (count >= 12) expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(9)
    if (count >= 12) for (const bytes of all) expect(bytes.every((byte) => byte === 0)).toBe(false)
  })
})
