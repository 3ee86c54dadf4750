import { createLog } from '@gatehouse/runtime'
import { expect, it } from 'vitest'
import { openStores } from './open-stores.ts'

it.each(['postgres://user:hunter2@db/gatehouse', 'sqlite:', 'redis', 'rediss+other://hunter2@host', ''])(
  'refuses %j with a sentence that does not repeat it',
  async (url) => {
    const opening = openStores(url, { clock: Date.now, log: createLog('test', 'silent') })
    await expect(opening).rejects.toThrow(/^STORE_URL must be memory:, sqlite:PATH, or start with redis:/)
    await expect(opening).rejects.not.toThrow(/hunter2/)
  },
)
