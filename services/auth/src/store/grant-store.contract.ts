import { describe, expect, it } from 'vitest'
import { CODE_FAILURES_LIMIT } from '../oauth/lifetimes.ts'
import { sampleCode, sampleGrant, sampleRefresh } from './testing/samples.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

/** What every GrantStore promises about codes, lists and the end of grants; rotation: grant-rotation.contract.ts. */
export function grantStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)
  const now = () => under.clock.now()

  const issued = async () => {
    const grant = sampleGrant(now)
    const code = sampleCode(now, { nonce: 'n-0S6' })
    await under.first.grants.issueCode(grant, code)
    return { grant, code }
  }
  const redeemed = async () => {
    const { grant, code } = await issued()
    await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))
    return { grant, code }
  }

  describe('a code', () => {
    it('is found with all it is bound to, as often as one looks', async () => {
      const { grant, code } = await issued()
      expect(await under.second.grants.findCode(grant.id, code.codeHash)).toEqual({ outcome: 'live', grant, code })
      expect(await under.second.grants.findCode(grant.id, code.codeHash)).toEqual({ outcome: 'live', grant, code })
    })

    it('is unknown under another hash or another grant', async () => {
      const { grant, code } = await issued()
      expect(await under.first.grants.findCode(grant.id, 'other')).toEqual({ outcome: 'unknown' })
      expect(await under.first.grants.findCode('grt_other', code.codeHash)).toEqual({ outcome: 'unknown' })
      expect(await under.first.grants.redeemCode(grant.id, 'other', sampleRefresh(now))).toBe('unknown')
      expect(await under.first.grants.redeemCode('grt_other', code.codeHash, sampleRefresh(now))).toBe('unknown')
    })

    it('does not make a live grant by itself', async () => {
      const { grant } = await issued()
      expect(await under.first.grants.find(grant.id)).toBeUndefined()
      expect(await under.first.grants.rotate(grant.id, 'any', sampleRefresh(now), 120)).toEqual({ outcome: 'gone' })
    })

    it('brings its grant to life when redeemed', async () => {
      const { grant, code } = await issued()
      under.clock.advance(10)
      const refresh = sampleRefresh(now)
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, refresh)).toBe('redeemed')
      const lastUsedAt = grant.createdAt + 10
      expect(await under.second.grants.find(grant.id)).toEqual({
        grant,
        expiresAt: refresh.expiresAt,
        lastUsedAt,
        refreshHash: refresh.refreshHash,
        revokedTokens: [],
      })
    })

    it('binds its grant to the key that proved itself beside it (RFC 9449 §5)', async () => {
      const { grant, code } = await issued()
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, { ...sampleRefresh(now), jkt: 'key-1' })).toBe(
        'redeemed',
      )
      expect((await under.second.grants.find(grant.id))?.grant).toEqual({ ...grant, jkt: 'key-1' })
      expect(await under.second.grants.redeemCode(grant.id, code.codeHash, { ...sampleRefresh(now), jkt: 'key-2' })).toBe(
        'replayed',
      )
      expect((await under.second.grants.find(grant.id))?.grant.jkt).toBe('key-1')
    })

    it('is redeemed by exactly one of fifty callers', async () => {
      const { grant, code } = await issued()
      const attempts = Array.from({ length: 50 }, () => sampleRefresh(now))
      const outcomes = await fifty(under, ({ grants }, index) =>
        grants.redeemCode(grant.id, code.codeHash, attempts[index] ?? sampleRefresh(now)),
      )
      expect(outcomes.filter((outcome) => outcome === 'redeemed')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(49)
      const winner = attempts[outcomes.indexOf('redeemed')]?.refreshHash ?? ''
      expect(await under.first.grants.rotate(grant.id, winner, sampleRefresh(now), 0)).toMatchObject({ outcome: 'rotated' })
    })

    it('is spent until its original expiry and unknown afterwards, while its grant lives on', async () => {
      const { grant, code } = await redeemed()
      under.clock.advance(59)
      expect(await under.first.grants.findCode(grant.id, code.codeHash)).toEqual({ outcome: 'spent', grant, code })
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))).toBe('replayed')
      under.clock.advance(1)
      expect(await under.first.grants.findCode(grant.id, code.codeHash)).toEqual({ outcome: 'unknown' })
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))).toBe('unknown')
      expect(await under.first.grants.find(grant.id)).toBeDefined()
    })

    it('is gone at its expiry, and its grant with it', async () => {
      const { grant, code } = await issued()
      under.clock.advance(59)
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('live')
      under.clock.advance(1)
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('unknown')
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))).toBe('unknown')
      expect(await under.first.grants.listByClient(grant.clientId)).toEqual([])
      expect(await under.first.grants.revoke(grant.id)).toBe(false)
    })

    it('survives all but the last failure allowed, and not that one', async () => {
      const { grant, code } = await issued()
      const fail = () => under.first.grants.countFailedRedemption(grant.id, code.codeHash)
      for (let failure = 1; failure < CODE_FAILURES_LIMIT; failure++) await fail()
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('live')
      await fail()
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('unknown')
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))).toBe('unknown')
    })

    it('counts the failures of concurrent callers', async () => {
      const { grant, code } = await issued()
      await fifty(under, ({ grants }, index) =>
        index < CODE_FAILURES_LIMIT ? grants.countFailedRedemption(grant.id, code.codeHash) : Promise.resolve(),
      )
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('unknown')
    })

    it('is not harmed by failures with another code', async () => {
      const { grant, code } = await issued()
      await fifty(under, ({ grants }) => grants.countFailedRedemption(grant.id, 'guess'))
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('live')
    })

    it('cannot take its grant along by failures once it is redeemed', async () => {
      const { grant, code } = await redeemed()
      await fifty(under, ({ grants }) => grants.countFailedRedemption(grant.id, code.codeHash))
      expect(await under.first.grants.find(grant.id)).toBeDefined()
      expect((await under.first.grants.findCode(grant.id, code.codeHash)).outcome).toBe('spent')
    })
  })

  describe('a grant without a code', () => {
    it('is alive at once and until it expires', async () => {
      const grant = sampleGrant(now)
      const refresh = sampleRefresh(now, 3600)
      await under.first.grants.create(grant, refresh)
      const { refreshHash, expiresAt } = refresh
      const active = { grant, expiresAt, lastUsedAt: grant.createdAt, refreshHash, revokedTokens: [] }
      expect(await under.second.grants.find(grant.id)).toEqual(active)
      under.clock.advance(3599)
      expect(await under.second.grants.find(grant.id)).toEqual(active)
      under.clock.advance(1)
      expect(await under.second.grants.find(grant.id)).toBeUndefined()
      expect(await under.second.grants.listBySubject(grant.identity.subject)).toEqual([])
      expect(await under.second.grants.revoke(grant.id)).toBe(false)
    })

    it('has no code that could be found', async () => {
      const grant = sampleGrant(now)
      await under.first.grants.create(grant, sampleRefresh(now))
      expect(await under.first.grants.findCode(grant.id, '')).toEqual({ outcome: 'unknown' })
      expect(await under.first.grants.redeemCode(grant.id, '', sampleRefresh(now))).toBe('unknown')
      await under.first.grants.countFailedRedemption(grant.id, '')
      expect(await under.first.grants.find(grant.id)).toBeDefined()
    })
  })

  describe('a revoked grant', () => {
    it('is gone for every question', async () => {
      const { grant, code } = await redeemed()
      expect(await under.first.grants.revoke(grant.id)).toBe(true)
      expect(await under.second.grants.find(grant.id)).toBeUndefined()
      expect(await under.second.grants.findCode(grant.id, code.codeHash)).toEqual({ outcome: 'unknown' })
      expect(await under.second.grants.rotate(grant.id, 'any', sampleRefresh(now), 120)).toEqual({ outcome: 'gone' })
      expect(await under.second.grants.listBySubject(grant.identity.subject)).toEqual([])
      expect(await under.second.grants.listByClient(grant.clientId)).toEqual([])
    })

    it('was revoked by exactly one of fifty callers', async () => {
      const { grant } = await redeemed()
      const outcomes = await fifty(under, ({ grants }) => grants.revoke(grant.id))
      expect(outcomes.filter((ended) => ended)).toHaveLength(1)
    })

    it('takes a code that was not redeemed along', async () => {
      const { grant, code } = await issued()
      expect(await under.first.grants.revoke(grant.id)).toBe(true)
      expect(await under.first.grants.redeemCode(grant.id, code.codeHash, sampleRefresh(now))).toBe('unknown')
    })
  })

  describe('lists of grants', () => {
    it('show a person their live grants, newest first, and nobody else’s', async () => {
      const older = sampleGrant(now)
      await under.first.grants.create(older, sampleRefresh(now))
      under.clock.advance(1)
      const newer = sampleGrant(now, { identity: older.identity })
      await under.second.grants.create(newer, sampleRefresh(now))
      await under.second.grants.issueCode(sampleGrant(now, { identity: older.identity }), sampleCode(now))
      await under.second.grants.create(sampleGrant(now), sampleRefresh(now))
      const list = await under.first.grants.listBySubject(older.identity.subject)
      expect(list.map(({ grant }) => grant)).toEqual([newer, older])
    })

    it('show an operator those of everybody that live, newest first', async () => {
      const grants = Array.from({ length: 3 }, (_, index) => sampleGrant(now, { createdAt: index }))
      for (const grant of grants) await under.first.grants.create(grant, sampleRefresh(now))
      await under.first.grants.issueCode(sampleGrant(now), sampleCode(now))
      await under.first.grants.revoke(grants[1]?.id ?? '')
      const list = await under.second.grants.list()
      expect(list.map(({ grant }) => grant)).toEqual([grants[2], grants[0]])
    })

    it('show a person their pending grants too, on demand', async () => {
      const live = sampleGrant(now)
      const refresh = sampleRefresh(now)
      await under.first.grants.create(live, refresh)
      under.clock.advance(1)
      const pending = sampleGrant(now, { identity: live.identity })
      await under.first.grants.issueCode(pending, sampleCode(now, { expiresAt: Math.floor(now() / 1000) + 60 }))
      const list = () => under.second.grants.listBySubject(live.identity.subject, { withPending: true })
      expect((await list()).map(({ grant, refreshHash }) => [grant, refreshHash])).toEqual([
        [pending, undefined],
        [live, refresh.refreshHash],
      ])
      under.clock.advance(61)
      expect((await list()).map(({ grant }) => grant)).toEqual([live])
    })

    it('show live and pending grants of a client', async () => {
      const live = sampleGrant(now)
      await under.first.grants.create(live, sampleRefresh(now))
      under.clock.advance(1)
      const pending = sampleGrant(now, { clientId: live.clientId })
      await under.first.grants.issueCode(pending, sampleCode(now))
      const list = await under.second.grants.listByClient(live.clientId)
      expect(list.map(({ grant }) => grant)).toEqual([pending, live])
    })

    it('hold all of fifty grants made at once', async () => {
      const { clientId, identity } = sampleGrant(now)
      await fifty(under, ({ grants }) => grants.create(sampleGrant(now, { clientId, identity }), sampleRefresh(now)))
      expect(await under.first.grants.listByClient(clientId)).toHaveLength(50)
      expect(await under.first.grants.listBySubject(identity.subject)).toHaveLength(50)
    })

    it('do not lose a grant that is refreshed for years', async () => {
      const grant = sampleGrant(now)
      let current = sampleRefresh(now, 100)
      await under.first.grants.create(grant, current)
      for (let year = 0; year < 20; year++) {
        under.clock.advance(90)
        // Others come and go, which is when indexes are tidied.
        await under.second.grants.create(sampleGrant(now, { ...grant, id: `${grant.id}_${year}` }), sampleRefresh(now, 10))
        const successor = sampleRefresh(now, 100)
        const rotation = await under.first.grants.rotate(grant.id, current.refreshHash, successor, 120)
        expect(rotation.outcome).toBe('rotated')
        current = successor
      }
      under.clock.advance(99)
      expect((await under.first.grants.listBySubject(grant.identity.subject)).map(({ grant: { id } }) => id)).toEqual([grant.id])
      expect((await under.first.grants.listByClient(grant.clientId)).map(({ grant: { id } }) => id)).toEqual([grant.id])
    })
  })
}
