import { describe, expect, it } from 'vitest'
import { REVOKED_TOKENS_LIMIT } from './grant-record.ts'
import { NO_REFRESH_TOKEN } from './grant-store.ts'
import { sampleCode, sampleGrant, sampleRefresh } from './testing/samples.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

/** What every GrantStore promises about the access tokens of a live grant. */
export function grantTokensContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)
  const now = () => under.clock.now()
  const seconds = () => Math.floor(now() / 1000)

  const live = async () => {
    const grant = sampleGrant(now)
    const refresh = sampleRefresh(now)
    await under.first.grants.create(grant, refresh)
    return { grant, refresh }
  }

  describe('a revoked access token', () => {
    it('is named by its grant, which lives on, also after a refresh (REV-01)', async () => {
      const { grant, refresh } = await live()
      expect(await under.first.grants.revokeToken(grant.id, 'jti-1', seconds() + 600)).toBe('revoked')
      expect(await under.second.grants.revokeToken(grant.id, 'jti-1', seconds() + 600)).toBe('revoked')
      expect((await under.second.grants.find(grant.id))?.revokedTokens).toEqual(['jti-1'])
      await under.first.grants.rotate(grant.id, refresh.refreshHash, sampleRefresh(now), 120)
      expect((await under.second.grants.find(grant.id))?.revokedTokens).toEqual(['jti-1'])
    })

    it('is forgotten once it would have ended by itself', async () => {
      const { grant } = await live()
      await under.first.grants.revokeToken(grant.id, 'old', seconds() + 60)
      under.clock.advance(61)
      await under.first.grants.revokeToken(grant.id, 'new', seconds() + 60)
      expect((await under.first.grants.find(grant.id))?.revokedTokens).toEqual(['new'])
    })

    it('is one of fifty that were revoked at once', async () => {
      const { grant } = await live()
      const outcomes = await fifty(under, ({ grants }, index) => grants.revokeToken(grant.id, `jti-${index}`, seconds() + 60))
      expect(new Set(outcomes)).toEqual(new Set(['revoked']))
      expect((await under.first.grants.find(grant.id))?.revokedTokens).toHaveLength(50)
    })

    it('is not remembered above the limit, so that the caller ends the grant', async () => {
      const { grant } = await live()
      for (let index = 0; index < REVOKED_TOKENS_LIMIT; index++) {
        expect(await under.first.grants.revokeToken(grant.id, `jti-${index}`, seconds() + 60)).toBe('revoked')
      }
      expect(await under.first.grants.revokeToken(grant.id, 'one more', seconds() + 60)).toBe('full')
      expect(await under.first.grants.revokeToken(grant.id, 'jti-0', seconds() + 60)).toBe('revoked')
    })

    it('needs a live grant', async () => {
      const { grant } = await live()
      await under.first.grants.revoke(grant.id)
      expect(await under.first.grants.revokeToken(grant.id, 'jti', seconds() + 60)).toBe('gone')
      const pending = sampleGrant(now)
      await under.first.grants.issueCode(pending, sampleCode(now))
      expect(await under.first.grants.revokeToken(pending.id, 'jti', seconds() + 60)).toBe('gone')
    })
  })

  describe('a use', () => {
    it('is noted with its time, and prolongs nothing', async () => {
      const { grant, refresh } = await live()
      under.clock.advance(1000)
      await under.second.grants.touch(grant.id)
      expect(await under.first.grants.find(grant.id)).toMatchObject({ lastUsedAt: seconds(), expiresAt: refresh.expiresAt })
    })

    it('brings no ended grant back', async () => {
      const { grant } = await live()
      await under.first.grants.revoke(grant.id)
      await under.first.grants.touch(grant.id)
      expect(await under.first.grants.find(grant.id)).toBeUndefined()
      expect(await under.first.grants.revoke(grant.id)).toBe(false)
    })
  })

  describe('a grant without a refresh token', () => {
    it('lives until its end, and nothing can be rotated', async () => {
      const grant = sampleGrant(now, { via: 'client_credentials' })
      await under.first.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt: seconds() + 60 })
      expect((await under.second.grants.find(grant.id))?.grant).toEqual(grant)
      expect((await under.first.grants.rotate(grant.id, 'a digest', sampleRefresh(now), 120)).outcome).toBe('stale')
      under.clock.advance(60)
      expect(await under.second.grants.find(grant.id)).toBeUndefined()
    })
  })
}
