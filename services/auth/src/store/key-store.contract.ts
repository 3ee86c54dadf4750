import { describe, expect, it } from 'vitest'
import type { StoredKey } from './key-store.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

const key = (generation: number, kid = `kid ${generation}`): StoredKey => ({
  generation,
  kid,
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
  sealedPrivateJwk: 'sealed',
  activatesAt: 1_700_000_000,
  createdAt: 1_699_990_000,
})

export function keyStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('signing keys', () => {
    it('are listed by generation until they are removed', async () => {
      expect(await under.first.keys.list()).toEqual([])
      for (const generation of [2, 10, 0]) expect(await under.first.keys.add(key(generation))).toBe(true)
      expect(await under.second.keys.list()).toEqual([key(0), key(2), key(10)])
      await under.second.keys.remove(2)
      await under.second.keys.remove(2)
      expect(await under.first.keys.list()).toEqual([key(0), key(10)])
    })

    it('can be sealed anew, but a removed one does not come back, and no other is put in its place', async () => {
      await under.first.keys.add(key(0))
      const resealed = { ...key(0), sealedPrivateJwk: 'sealed anew' }
      expect(await under.second.keys.replace(resealed)).toBe(true)
      expect(await under.first.keys.list()).toEqual([resealed])
      expect(await under.second.keys.replace(key(0, 'another'))).toBe(false)
      expect(await under.second.keys.replace(key(1))).toBe(false)
      await under.first.keys.remove(0)
      expect(await under.second.keys.replace(key(0))).toBe(false)
      expect(await under.first.keys.list()).toEqual([])
    })

    it('have one key a generation, whoever of fifty replicas made it', async () => {
      const added = await fifty(under, ({ keys }, index) => keys.add(key(0, `kid ${index}`)))
      expect(added.filter((first) => first)).toHaveLength(1)
      expect(await under.first.keys.list()).toEqual([key(0, `kid ${added.indexOf(true)}`)])
    })
  })
}
