import { expect, vi } from 'vitest'
import type { Stores } from '../stores.ts'
import { StoreUnavailableError } from '../unavailable.ts'
import { everyMethod } from './every-method.ts'

/** Callers are promised an answer within this, whatever happens to the backend. */
export const ANSWER_LIMIT_MS = 2_000
/** And service again this soon after its return. */
const RETURN_LIMIT_MS = 2_000

/** Calls every method at once; each must end in time with StoreUnavailableError. */
export async function expectOutage(stores: Stores): Promise<void> {
  await Promise.all(
    Object.entries(everyMethod(stores)).map(async ([name, call]) => {
      const before = performance.now()
      const failure = await call().then(
        () => 'answered',
        (error: unknown) => error,
      )
      expect(failure, name).toBeInstanceOf(StoreUnavailableError)
      expect(performance.now() - before, name).toBeLessThan(ANSWER_LIMIT_MS)
    }),
  )
}

/** Waits for the backend's return and calls every method once. */
export async function expectService(stores: Stores): Promise<void> {
  await vi.waitFor(() => stores.ping(), { timeout: RETURN_LIMIT_MS, interval: 20 })
  for (const [name, call] of Object.entries(everyMethod(stores))) await expect(call(), name).resolves.not.toThrow()
}
