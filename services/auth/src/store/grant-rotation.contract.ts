import { describe, expect, it } from 'vitest'
import type { Rotation } from './grant-store.ts'
import { sampleGrant, sampleRefresh } from './testing/samples.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

const GRACE_SECONDS = 120

/** What every GrantStore promises about the chain of refresh tokens. */
export function grantRotationContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)
  const now = () => under.clock.now()

  const live = async () => {
    const grant = sampleGrant(now)
    const first = sampleRefresh(now)
    await under.first.grants.create(grant, first)
    return { grant, first }
  }
  /** Rotates `count` times and returns the tokens, the current one last. */
  const rotated = async (count: number, graceSeconds = GRACE_SECONDS) => {
    const { grant, first } = await live()
    const tokens = [first]
    for (let index = 0; index < count; index++) {
      const successor = sampleRefresh(now)
      const rotation = await under.first.grants.rotate(grant.id, tokens.at(-1)?.refreshHash ?? '', successor, graceSeconds)
      expect(rotation).toEqual({ outcome: 'rotated', grant })
      tokens.push(successor)
    }
    return { grant, hashes: tokens.map((token) => token.refreshHash), sealed: tokens.slice(1).map((token) => token.sealed) }
  }
  const present = (grantId: string, hash: string | undefined, graceSeconds = GRACE_SECONDS): Promise<Rotation> =>
    under.second.grants.rotate(grantId, hash ?? '', sampleRefresh(now), graceSeconds)

  describe('rotation', () => {
    it('prolongs the grant and remembers when', async () => {
      const { grant, first } = await live()
      under.clock.advance(600)
      const successor = sampleRefresh(now, 7200)
      await under.first.grants.rotate(grant.id, first.refreshHash, successor, GRACE_SECONDS)
      const lastUsedAt = grant.createdAt + 600
      expect(await under.second.grants.find(grant.id)).toEqual({
        grant,
        expiresAt: successor.expiresAt,
        lastUsedAt,
        refreshHash: successor.refreshHash,
        revokedTokens: [],
      })
      under.clock.advance(7199)
      expect(await under.second.grants.find(grant.id)).toBeDefined()
      under.clock.advance(1)
      expect(await present(grant.id, successor.refreshHash)).toEqual({ outcome: 'gone' })
    })

    it('lets exactly one of fifty callers rotate and gives the others its successor', async () => {
      const { grant, first } = await live()
      const successors = Array.from({ length: 50 }, () => sampleRefresh(now))
      const rotations = await fifty(under, ({ grants }, index) =>
        grants.rotate(grant.id, first.refreshHash, successors[index] ?? first, GRACE_SECONDS),
      )
      const winners = rotations.flatMap(({ outcome }, index) => (outcome === 'rotated' ? [successors[index]] : []))
      expect(winners).toHaveLength(1)
      for (const rotation of rotations.filter(({ outcome }) => outcome !== 'rotated')) {
        expect(rotation).toEqual({ outcome: 'repeated', grant, sealedChain: [winners[0]?.sealed] })
      }
      expect((await present(grant.id, winners[0]?.refreshHash)).outcome).toBe('rotated')
    })

    it('lets exactly one of fifty callers rotate without a grace; the others are stale', async () => {
      const { grant, first } = await live()
      const rotations = await fifty(under, ({ grants }) => grants.rotate(grant.id, first.refreshHash, sampleRefresh(now), 0))
      expect(rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1)
      expect(rotations.filter(({ outcome }) => outcome === 'stale')).toHaveLength(49)
    })

    it('gives the whole chain from any older token, in order', async () => {
      const { grant, hashes, sealed } = await rotated(4)
      for (const index of [0, 1, 2, 3]) {
        expect(await present(grant.id, hashes[index])).toEqual({ outcome: 'repeated', grant, sealedChain: sealed.slice(index) })
      }
    })

    it('calls a token stale once its grace is over, and changes nothing', async () => {
      const { grant, hashes, sealed } = await rotated(1)
      under.clock.advance(GRACE_SECONDS - 1)
      expect(await present(grant.id, hashes[0])).toEqual({ outcome: 'repeated', grant, sealedChain: sealed })
      under.clock.advance(1)
      expect(await present(grant.id, hashes[0])).toEqual({ outcome: 'stale', grant })
      expect((await present(grant.id, hashes[1])).outcome).toBe('rotated')
    })

    it('measures the grace of each token from its own rotation', async () => {
      const { grant, first } = await live()
      const second = sampleRefresh(now)
      const third = sampleRefresh(now)
      await under.first.grants.rotate(grant.id, first.refreshHash, second, GRACE_SECONDS)
      under.clock.advance(100)
      await under.first.grants.rotate(grant.id, second.refreshHash, third, GRACE_SECONDS)
      under.clock.advance(100)
      expect(await present(grant.id, first.refreshHash)).toEqual({ outcome: 'stale', grant })
      expect(await present(grant.id, second.refreshHash)).toEqual({ outcome: 'repeated', grant, sealedChain: [third.sealed] })
    })

    it('holds a shorter grace also for tokens rotated before', async () => {
      const { grant, hashes } = await rotated(2)
      under.clock.advance(10)
      expect(await present(grant.id, hashes[0], 10)).toEqual({ outcome: 'stale', grant })
      expect(await present(grant.id, hashes[0], 0)).toEqual({ outcome: 'stale', grant })
    })

    it('keeps no predecessor when the grace is 0', async () => {
      const { grant, hashes } = await rotated(3)
      const last = sampleRefresh(now)
      await under.first.grants.rotate(grant.id, hashes[3] ?? '', last, 0)
      for (const hash of hashes) expect(await present(grant.id, hash, GRACE_SECONDS)).toEqual({ outcome: 'stale', grant })
      expect((await present(grant.id, last.refreshHash)).outcome).toBe('rotated')
    })

    it('keeps the newest sixteen predecessors', async () => {
      const { grant, hashes, sealed } = await rotated(20)
      expect(await present(grant.id, hashes[3])).toEqual({ outcome: 'stale', grant })
      expect(await present(grant.id, hashes[4])).toEqual({ outcome: 'repeated', grant, sealedChain: sealed.slice(4) })
    })

    it('binds the grant to the first key that it is told, and to no other after it (RFC 9449 §5)', async () => {
      const { grant, first } = await live()
      const [second, third] = [sampleRefresh(now), sampleRefresh(now)]
      const bound = { ...grant, jkt: 'key-1' }
      const bind = (hash: string, step: typeof second, jkt: string) =>
        under.first.grants.rotate(grant.id, hash, { ...step, jkt }, GRACE_SECONDS)
      expect(await bind(first.refreshHash, second, 'key-1')).toEqual({ outcome: 'rotated', grant })
      expect((await under.second.grants.find(grant.id))?.grant).toEqual(bound)
      expect(await bind(second.refreshHash, third, 'key-2')).toEqual({ outcome: 'rotated', grant: bound })
      expect(await present(grant.id, first.refreshHash)).toMatchObject({ outcome: 'repeated', grant: bound })
      expect((await under.second.grants.find(grant.id))?.grant).toEqual(bound)
      expect((await under.second.grants.listByClient(grant.clientId))[0]?.grant).toEqual(bound)
    })

    it('calls a token that never was stale', async () => {
      const { grant } = await rotated(1)
      expect(await present(grant.id, 'invented')).toEqual({ outcome: 'stale', grant })
      expect(await present('grt_invented', 'invented')).toEqual({ outcome: 'gone' })
    })
  })
}
