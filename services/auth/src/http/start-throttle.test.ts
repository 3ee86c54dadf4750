import { afterAll, beforeEach, expect, it } from 'vitest'
import { createTestContext, type TestContext } from '../testing/test-context.ts'
import { createStartThrottle } from './start-throttle.ts'

let context: TestContext
let throttle: ReturnType<typeof createStartThrottle>
beforeEach(async () => {
  context = await createTestContext()
  throttle = createStartThrottle(context.stores.throttles, { name: 'test', windowSeconds: 60, perAddress: 50 })
})
afterAll(() => context.stores.close())

/** How many of these starts were let through. */
const starts = async (count: number, addressOf: (index: number) => string): Promise<number> => {
  let allowed = 0
  for (let index = 0; index < count; index++) if (await throttle.allows(addressOf(index))) allowed++
  return allowed
}

it('an address starts as much as it may, and again when the window is over; others are not concerned', async () => {
  expect(await starts(60, () => '198.51.100.1')).toBe(50)
  expect(await starts(1, () => '198.51.100.2')).toBe(1)
  context.advance(60)
  expect(await starts(1, () => '198.51.100.1')).toBe(1)
})

it.each([
  ['a /48 of IPv6 has 65,536 networks of a household', (index: number) => `2001:db8:1:${index.toString(16)}::1`],
  ['a /24 has 256 addresses', (index: number) => `198.51.100.${index % 256}`],
])('%s, and they start no more than four addresses may', async (_what, addressOf) => {
  expect(await starts(300, addressOf)).toBe(200)
})

it('a crowd makes the allowance of each small, not zero', async () => {
  await starts(1000, (index) => `203.0.${index % 250}.1`)
  expect(await starts(10, () => '198.51.100.1')).toBe(1)
})

it('who asks on after a refusal makes no crowd', async () => {
  await starts(2000, () => '203.0.113.1')
  expect(await starts(10, () => '198.51.100.1')).toBe(10)
})
