import { describe, expect, it } from 'vitest'
import type { SignInAttempt } from './sign-in-store.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

const attempt: SignInAttempt = {
  provider: 'github',
  browserHash: 'browser',
  codeVerifier: 'verifier',
  nonce: 'nonce',
  resume: { kind: 'authorize', sealedRequest: 'sealed' },
}

export function signInStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('a sign-in attempt', () => {
    it('is read as often as one looks and taken once', async () => {
      await under.first.signIns.put('state', attempt, 600)
      expect(await under.second.signIns.find('state')).toEqual(attempt)
      expect(await under.second.signIns.find('state')).toEqual(attempt)
      expect(await under.second.signIns.take('state')).toEqual(attempt)
      expect(await under.first.signIns.take('state')).toBeUndefined()
      expect(await under.first.signIns.find('state')).toBeUndefined()
    })

    it('is taken by exactly one of fifty callers', async () => {
      await under.first.signIns.put('state', attempt, 600)
      const taken = await fifty(under, ({ signIns }) => signIns.take('state'))
      expect(taken.filter((value) => value !== undefined)).toEqual([attempt])
    })

    it('is gone when it expires', async () => {
      await under.first.signIns.put('state', attempt, 600)
      under.clock.advance(599)
      expect(await under.first.signIns.find('state')).toEqual(attempt)
      under.clock.advance(1)
      expect(await under.first.signIns.find('state')).toBeUndefined()
      expect(await under.first.signIns.take('state')).toBeUndefined()
    })
  })
}
