import { describe, expect, it } from 'vitest'
import { createTokenCache } from './token-cache.ts'

const entry = (grantId: string) => ({ grantId })

describe('the token cache', () => {
  it('never holds more than its limit, and keeps what is used', () => {
    const cache = createTokenCache<{ grantId: string }>(100)
    cache.set('used', 'g', entry('g'))
    for (let index = 0; index < 10_000; index++) {
      cache.set(`key ${index}`, `grant ${index}`, entry(`grant ${index}`))
      expect(cache.get('used')).toBeDefined()
      expect(cache.size).toBeLessThanOrEqual(100)
    }
    expect(cache.get('key 0')).toBeUndefined()
    expect(cache.get('key 9999')).toBeDefined()
  })

  it('drops every token of a grant, in whichever generation, and no other', () => {
    const cache = createTokenCache<{ grantId: string }>(10)
    cache.set('a1', 'a', entry('a'))
    for (let index = 0; index < 4; index++) cache.set(`b${index}`, 'b', entry('b'))
    cache.set('a2', 'a', entry('a'))
    cache.get('a1')
    cache.dropGrant('a')
    expect(cache.get('a1')).toBeUndefined()
    expect(cache.get('a2')).toBeUndefined()
    expect(cache.get('b3')).toBeDefined()
    cache.clear()
    expect(cache.size).toBe(0)
  })

  it('knows some token of a grant as long as it knows one', () => {
    const cache = createTokenCache<{ grantId: string }>(10)
    const [first, second] = [entry('a'), entry('a')]
    expect(cache.ofGrant('a')).toBeUndefined()
    cache.set('a1', 'a', first)
    cache.set('a2', 'a', second)
    cache.delete('a1')
    expect(cache.ofGrant('a')).toBe(second)
    for (let index = 0; index < 4; index++) cache.set(`b${index}`, 'b', entry('b'))
    expect(cache.ofGrant('a')).toBe(second)
    cache.dropGrant('a')
    expect(cache.ofGrant('a')).toBeUndefined()
  })

  it('forgets one key', () => {
    const cache = createTokenCache<{ grantId: string }>(10)
    cache.set('a', 'g', entry('g'))
    cache.delete('a')
    expect(cache.get('a')).toBeUndefined()
  })
})
