import { describe, expect, it, vi } from 'vitest'
import type { ActiveGrant } from '../store/grant-store.ts'
import type { Stores } from '../store/stores.ts'
import { createGrantReader } from './grant-reader.ts'

const ACTIVE = { expiresAt: 1 } as ActiveGrant

function setUp() {
  const asked: PromiseWithResolvers<ActiveGrant | undefined>[] = []
  let announce: (grantId: string) => void = () => {}
  let doubt: () => void = () => {}
  const stores = {
    grants: {
      find: () => {
        const answer = Promise.withResolvers<ActiveGrant | undefined>()
        asked.push(answer)
        return answer.promise
      },
    },
    revocations: {
      subscribe: (onRevoked: typeof announce, onGap: typeof doubt) => {
        announce = onRevoked
        doubt = onGap
      },
    },
  } as unknown as Stores
  const forgotten: string[] = []
  const reader = createGrantReader(stores, { onRevoked: (id) => forgotten.push(id), onDoubt: () => forgotten.push('all') })
  return { reader, asked, forgotten, announce: (id: string) => announce(id), doubt: () => doubt() }
}

describe('a grant that is being read', () => {
  it('is asked for once by all who want it at the same time', async () => {
    const { reader, asked } = setUp()
    const reads = [1, 2, 3].map(() => reader.read('g', ({ active }) => active))
    expect(asked).toHaveLength(1)
    asked[0]?.resolve(ACTIVE)
    expect(await Promise.all(reads)).toEqual([ACTIVE, ACTIVE, ACTIVE])
    const later = reader.read('g', ({ active }) => active)
    expect(asked).toHaveLength(2)
    asked[1]?.resolve(undefined)
    expect(await later).toBeUndefined()
  })

  it('is read again when something about it is announced meanwhile, so that nothing older counts (REV-07)', async () => {
    const { reader, asked, forgotten, announce } = setUp()
    const before = reader.read('g', ({ active }) => active)
    announce('g')
    const after = reader.read('g', ({ active }) => active)
    asked[0]?.resolve(ACTIVE)
    asked[1]?.resolve(undefined)
    expect(await before).toBeUndefined()
    expect(await after).toBeUndefined()
    expect(forgotten).toEqual(['g'])
  })

  it('lives on for its other tokens when one of them is revoked meanwhile (REV-01)', async () => {
    const { reader, asked, announce } = setUp()
    const read = reader.read('g', ({ active }) => active?.revokedTokens)
    announce('g')
    asked[0]?.resolve({ ...ACTIVE, revokedTokens: [] })
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    asked[1]?.resolve({ ...ACTIVE, revokedTokens: ['a'] })
    expect(await read).toEqual(['a'])
  })

  it('is made use of before the next announcement is heard', async () => {
    const { reader, asked, announce, forgotten } = setUp()
    const events: string[] = []
    const read = reader.read('g', () => events.push('kept'))
    asked[0]?.resolve(ACTIVE)
    // As close behind the store's answer as one can come.
    void asked[0]?.promise
      .then(() => {})
      .then(() => {
        announce('g')
        events.push('announced')
      })
    await read
    await Promise.resolve()
    expect(events).toEqual(['kept', 'announced'])
    expect(forgotten).toEqual(['g'])
  })

  it('may not be kept when announcements were lost meanwhile', async () => {
    const { reader, asked, doubt, forgotten } = setUp()
    const read = reader.read('g', ({ mayBeKept }) => mayBeKept)
    doubt()
    asked[0]?.resolve(ACTIVE)
    expect(await read).toBe(false)
    expect(forgotten).toEqual(['all'])
  })

  it('is asked for again after the store failed', async () => {
    const { reader, asked } = setUp()
    const failed = reader.read('g', () => 'x')
    asked[0]?.reject(new Error('away'))
    await expect(failed).rejects.toThrow('away')
    const again = reader.read('g', () => 'ok')
    asked[1]?.resolve(ACTIVE)
    expect(await again).toBe('ok')
  })
})
