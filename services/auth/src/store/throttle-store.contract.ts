import { describe, expect, it } from 'vitest'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function throttleStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('a throttle', () => {
    it('counts per key since the window opened, and anew after it', async () => {
      expect(await under.first.throttles.hit('key', 60)).toBe(1)
      under.clock.advance(59)
      expect(await under.second.throttles.hit('key', 60)).toBe(2)
      expect(await under.second.throttles.hit('other', 60)).toBe(1)
      under.clock.advance(1)
      expect(await under.first.throttles.hit('key', 60)).toBe(1)
    })

    it('counts each of fifty concurrent callers', async () => {
      const counts = await fifty(under, ({ throttles }) => throttles.hit('key', 60))
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    })

    it('starts again after a reset', async () => {
      await fifty(under, ({ throttles }) => throttles.hit('key', 60))
      await under.second.throttles.reset('key')
      expect(await under.first.throttles.hit('key', 60)).toBe(1)
    })
  })
}
