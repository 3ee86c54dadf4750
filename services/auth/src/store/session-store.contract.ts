import { describe, expect, it } from 'vitest'
import { identity, unique } from './testing/samples.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

export function sessionStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)

  describe('sessions', () => {
    it('are found until they expire; putting one again prolongs it', async () => {
      const session = { identity: identity(), signedInAt: 1_700_000_000 }
      await under.first.sessions.put('hash', session, 60)
      under.clock.advance(59)
      expect(await under.second.sessions.find('hash')).toEqual(session)
      await under.second.sessions.put('hash', session, 60)
      under.clock.advance(59)
      expect(await under.first.sessions.find('hash')).toEqual(session)
      under.clock.advance(1)
      expect(await under.first.sessions.find('hash')).toBeUndefined()
      expect(await under.first.sessions.find('invented')).toBeUndefined()
    })

    it('end alone when deleted', async () => {
      const session = { identity: identity(), signedInAt: 1 }
      await under.first.sessions.put('one', session, 60)
      await under.first.sessions.put('two', session, 60)
      await under.second.sessions.delete('one')
      await under.second.sessions.delete('one')
      expect(await under.first.sessions.find('one')).toBeUndefined()
      expect(await under.first.sessions.find('two')).toEqual(session)
    })

    it('end all together for one person, and for nobody else', async () => {
      const mine = { identity: identity(), signedInAt: 1 }
      const theirs = { identity: identity(), signedInAt: 1 }
      const hashes = Array.from({ length: 50 }, () => unique('session'))
      await fifty(under, ({ sessions }, index) => sessions.put(hashes[index] ?? '', mine, 60))
      await under.first.sessions.put('theirs', theirs, 60)
      await under.second.sessions.deleteBySubject(mine.identity.subject)
      const found = await Promise.all(hashes.map((hash) => under.first.sessions.find(hash)))
      expect(found.filter((session) => session !== undefined)).toEqual([])
      expect(await under.first.sessions.find('theirs')).toEqual(theirs)
    })

    it('end for the person also when prolonged long after the others were forgotten', async () => {
      const session = { identity: identity(), signedInAt: 1 }
      await under.first.sessions.put('kept', session, 60)
      for (let round = 0; round < 5; round++) {
        under.clock.advance(50)
        await under.first.sessions.put('kept', session, 60)
        await under.second.sessions.put(unique('short'), session, 1)
      }
      await under.second.sessions.deleteBySubject(session.identity.subject)
      expect(await under.first.sessions.find('kept')).toBeUndefined()
    })
  })
}
