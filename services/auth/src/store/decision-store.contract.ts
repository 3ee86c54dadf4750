import { describe, expect, it } from 'vitest'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function decisionStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('an answer on the consent page', () => {
    it('stands as the first caller gave it', async () => {
      expect(await under.first.decisions.find('request')).toBeUndefined()
      expect(await under.first.decisions.decideOnce('request', 'ja – "yes"', 900)).toEqual({ first: true, outcome: 'ja – "yes"' })
      expect(await under.second.decisions.decideOnce('request', 'no', 900)).toEqual({ first: false, outcome: 'ja – "yes"' })
      expect(await under.second.decisions.find('request')).toBe('ja – "yes"')
    })

    it('is given by exactly one of fifty callers, and all get that one', async () => {
      const decisions = await fifty(under, (stores, index) => stores.decisions.decideOnce('request', `outcome ${index}`, 900))
      const firsts = decisions.filter(({ first }) => first)
      expect(firsts).toHaveLength(1)
      expect(new Set(decisions.map(({ outcome }) => outcome))).toEqual(new Set([firsts[0]?.outcome]))
      expect(decisions.findIndex(({ first }) => first)).toBe(Number(firsts[0]?.outcome.replace('outcome ', '')))
    })

    it('is forgotten when it expires', async () => {
      await under.first.decisions.decideOnce('request', 'yes', 900)
      under.clock.advance(899)
      expect(await under.first.decisions.decideOnce('request', 'no', 900)).toEqual({ first: false, outcome: 'yes' })
      under.clock.advance(1)
      expect(await under.first.decisions.find('request')).toBeUndefined()
      expect(await under.first.decisions.decideOnce('request', 'no', 900)).toEqual({ first: true, outcome: 'no' })
    })
  })
}
