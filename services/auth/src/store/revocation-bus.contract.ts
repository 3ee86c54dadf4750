import { describe, expect, it, vi } from 'vitest'
import { eachWith, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function revocationBusContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('the revocation bus', () => {
    it('tells every subscriber of the process about each ended grant', async () => {
      const heard = [new Set<string>(), new Set<string>()] as const
      under.first.revocations.subscribe(
        (grantId) => heard[0].add(grantId),
        () => {},
      )
      under.first.revocations.subscribe(
        (grantId) => heard[1].add(grantId),
        () => {},
      )
      for (const grantId of ['grt_1', 'grt_2', 'grt_3']) await under.first.revocations.publish(grantId)
      const all = new Set(['grt_1', 'grt_2', 'grt_3'])
      await vi.waitFor(() => expect(heard).toEqual([all, all]))
    })
  })
}
