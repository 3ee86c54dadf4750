import { afterEach, beforeEach } from 'vitest'
import type { TestClock } from '../../../../../tests/support/clock.ts'
import type { Stores } from '../stores.ts'

/** An empty backend as two replicas see it: opened twice, or the same opening twice where there can be only one. */
export interface StoresUnderTest {
  readonly first: Stores
  readonly second: Stores
  /** Of both. */
  readonly clock: TestClock
}

export type OpenStoresUnderTest = () => Promise<StoresUnderTest>

const CALLERS = 50

/** Opens the backend before each test and closes it afterwards; the answer is the one of the running test. */
export function eachWith(open: OpenStoresUnderTest): StoresUnderTest {
  let current: StoresUnderTest
  beforeEach(async () => {
    current = await open()
  })
  afterEach(async () => {
    await current.first.close()
    await current.second.close()
  })
  return {
    get first() {
      return current.first
    },
    get second() {
      return current.second
    },
    get clock() {
      return current.clock
    },
  }
}

/** Fifty callers at once, every other one on the other replica. */
export const fifty = <T>(under: StoresUnderTest, call: (stores: Stores, index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index % 2 === 0 ? under.first : under.second, index)))
