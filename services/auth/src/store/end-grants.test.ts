import { afterAll, expect, it, vi } from 'vitest'
import { createTestContext, OCTOCAT } from '../testing/test-context.ts'
import { endGrants } from './end-grants.ts'
import { sampleCode, sampleGrant, sampleRefresh } from './testing/samples.ts'
import { StoreUnavailableError } from './unavailable.ts'

const { stores, clock } = await createTestContext()
const published: string[] = []
stores.revocations.subscribe(
  (grantId) => published.push(grantId),
  () => {},
)
afterAll(() => stores.close())

const live = async (subject: string) => {
  const grant = sampleGrant(clock, { identity: { ...OCTOCAT, subject } })
  await stores.grants.create(grant, sampleRefresh(clock))
  return grant
}
const idsOf = (grants: readonly { readonly id: string }[]) => grants.map(({ id }) => id).sort()

it('ends all of a person, those on their way too, tells of each, and leaves others alone', async () => {
  const mine = [await live('p:1'), await live('p:1')]
  const pending = sampleGrant(clock, { identity: { ...OCTOCAT, subject: 'p:1' } })
  await stores.grants.issueCode(pending, sampleCode(clock))
  const other = await live('p:2')
  expect(idsOf(await endGrants(stores, 'p:1'))).toEqual(idsOf([...mine, pending]))
  expect([...published].sort()).toEqual(idsOf([...mine, pending]))
  expect(await stores.grants.listBySubject('p:1', { withPending: true })).toEqual([])
  expect(await stores.grants.find(other.id)).toBeDefined()
  expect(await endGrants(stores, 'p:1')).toEqual([])
})

it('ends those that are meant', async () => {
  const [one, two] = [await live('p:3'), await live('p:3')]
  expect(idsOf(await endGrants(stores, 'p:3', ({ id }) => id === one.id))).toEqual([one.id])
  expect(await stores.grants.find(two.id)).toBeDefined()
})

it('ends the others when one fails, says that it failed, and ends that one at the second try', async () => {
  for (let index = 0; index < 3; index++) await live('p:4')
  const fault = vi.spyOn(stores.grants, 'revoke').mockRejectedValueOnce(new StoreUnavailableError('away'))
  await expect(endGrants(stores, 'p:4')).rejects.toThrow(StoreUnavailableError)
  fault.mockRestore()
  expect(await stores.grants.listBySubject('p:4')).toHaveLength(1)
  expect(await endGrants(stores, 'p:4')).toHaveLength(1)
})
