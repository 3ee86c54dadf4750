import { describe, expect, it, vi } from 'vitest'
import { eachWith, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function revocationBusContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('the revocation bus', () => {
    it('tells every subscriber of the process about each ended grant, in order', async () => {
      const heard: [string[], string[]] = [[], []]
      under.first.revocations.subscribe(
        (grantId) => heard[0].push(grantId),
        () => {},
      )
      under.first.revocations.subscribe(
        (grantId) => heard[1].push(grantId),
        () => {},
      )
      for (const grantId of ['grt_1', 'grt_2', 'grt_3']) await under.first.revocations.publish(grantId)
      await vi.waitFor(() => expect(heard[1]).toHaveLength(3))
      expect(heard).toEqual([
        ['grt_1', 'grt_2', 'grt_3'],
        ['grt_1', 'grt_2', 'grt_3'],
      ])
    })
  })
}
