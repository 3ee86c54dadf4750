import { describe, expect, it } from 'vitest'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function approvalStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('approvals', () => {
    it('are remembered per person and key, until they expire', async () => {
      await under.first.approvals.remember('github:1', 'key', 60)
      expect(await under.second.approvals.has('github:1', 'key')).toBe(true)
      expect(await under.second.approvals.has('github:1', 'other')).toBe(false)
      expect(await under.second.approvals.has('github:2', 'key')).toBe(false)
      under.clock.advance(59)
      expect(await under.second.approvals.has('github:1', 'key')).toBe(true)
      under.clock.advance(1)
      expect(await under.second.approvals.has('github:1', 'key')).toBe(false)
    })

    it('last from their last use', async () => {
      await under.first.approvals.remember('github:1', 'key', 60)
      under.clock.advance(50)
      await under.second.approvals.remember('github:1', 'key', 60)
      under.clock.advance(50)
      expect(await under.first.approvals.has('github:1', 'key')).toBe(true)
    })

    it('are all there when fifty are given at once, and all gone when the person takes them back', async () => {
      await fifty(under, ({ approvals }, index) => approvals.remember('github:1', `key ${index}`, 60))
      await under.first.approvals.remember('github:2', 'key 0', 60)
      const remembered = await fifty(under, ({ approvals }, index) => approvals.has('github:1', `key ${index}`))
      expect(remembered.every((has) => has)).toBe(true)
      await under.first.approvals.forgetAll('github:1')
      const forgotten = await fifty(under, ({ approvals }, index) => approvals.has('github:1', `key ${index}`))
      expect(forgotten.some((has) => has)).toBe(false)
      expect(await under.second.approvals.has('github:2', 'key 0')).toBe(true)
    })
  })
}
