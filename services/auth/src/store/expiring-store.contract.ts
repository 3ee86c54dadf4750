import { describe, expect, it } from 'vitest'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function expiringStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('a value that ends by itself', () => {
    it('is found until it is over, by every replica', async () => {
      await under.first.expiring.put('client-document', 'name', '{"a":1}', 60)
      under.clock.advance(59)
      expect(await under.second.expiring.find('client-document', 'name')).toBe('{"a":1}')
      under.clock.advance(1)
      expect(await under.second.expiring.find('client-document', 'name')).toBeUndefined()
      expect(await under.first.expiring.take('client-document', 'name')).toBeUndefined()
    })

    it('is replaced by a later one', async () => {
      await under.first.expiring.put('device-code', 'name', 'one', 60)
      await under.second.expiring.put('device-code', 'name', 'two', 600)
      under.clock.advance(61)
      expect(await under.first.expiring.find('device-code', 'name')).toBe('two')
    })

    it('is none of another kind', async () => {
      await under.first.expiring.put('device-code', 'name', 'one', 60)
      expect(await under.first.expiring.find('user-code', 'name')).toBeUndefined()
      expect(await under.first.expiring.add('user-code', 'name', 'two', 60)).toBe(true)
      expect(await under.first.expiring.find('device-code', 'name')).toBe('one')
    })

    it('is taken by exactly one of fifty callers', async () => {
      await under.first.expiring.put('pushed-request', 'name', 'sealed', 60)
      const taken = await fifty(under, ({ expiring }) => expiring.take('pushed-request', 'name'))
      expect(taken.filter((value) => value !== undefined)).toEqual(['sealed'])
      expect(await under.second.expiring.find('pushed-request', 'name')).toBeUndefined()
    })

    it('is added by exactly one of fifty callers, and again when it is over', async () => {
      const added = await fifty(under, ({ expiring }) => expiring.add('replay', 'jti', 'x', 60))
      expect(added.filter(Boolean)).toHaveLength(1)
      expect(await under.second.expiring.add('replay', 'jti', 'y', 60)).toBe(false)
      expect(await under.second.expiring.find('replay', 'jti')).toBe('x')
      under.clock.advance(60)
      const again = await fifty(under, ({ expiring }) => expiring.add('replay', 'jti', 'z', 60))
      expect(again.filter(Boolean)).toHaveLength(1)
    })
  })
}
