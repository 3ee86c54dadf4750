import { describe, expect, it } from 'vitest'
import { UNUSED_CLIENT_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { sampleClient, unique } from './testing/samples.ts'
import { eachWith, fifty, type OpenStoresUnderTest } from './testing/stores-under-test.ts'

const LIMIT = 1000

export function clientStoreContract(open: OpenStoresUnderTest): void {
  const under = eachWith(open)
  const now = () => under.clock.now()
  const created = async () => {
    const client = sampleClient(now)
    const fingerprint = unique('fingerprint')
    await under.first.clients.create(client, fingerprint, LIMIT)
    return { client, fingerprint }
  }

  describe('registered clients', () => {
    it('are found by id and, until they are used, by fingerprint', async () => {
      const { client, fingerprint } = await created()
      expect(await under.second.clients.find(client.clientId)).toEqual(client)
      expect(await under.second.clients.findUnused(fingerprint)).toEqual(client)
      await under.first.clients.markUsed(client.clientId)
      expect(await under.second.clients.find(client.clientId)).toEqual(client)
      expect(await under.second.clients.findUnused(fingerprint)).toBeUndefined()
      expect(await under.second.clients.find('invented')).toBeUndefined()
      expect(await under.second.clients.findUnused('invented')).toBeUndefined()
    })

    it('are forgotten a day after registration when nobody used them', async () => {
      const { client, fingerprint } = await created()
      under.clock.advance(UNUSED_CLIENT_TTL_SECONDS - 1)
      expect(await under.first.clients.find(client.clientId)).toEqual(client)
      under.clock.advance(1)
      expect(await under.first.clients.find(client.clientId)).toBeUndefined()
      expect(await under.first.clients.findUnused(fingerprint)).toBeUndefined()
      expect(await under.first.clients.update(client)).toBe(false)
      await under.first.clients.markUsed(client.clientId)
      expect(await under.first.clients.find(client.clientId)).toBeUndefined()
      expect(await under.first.clients.delete(client.clientId)).toBe(false)
    })

    it('stay for ever once used, however often that is said', async () => {
      const { client } = await created()
      await fifty(under, ({ clients }) => clients.markUsed(client.clientId))
      under.clock.advance(100 * UNUSED_CLIENT_TTL_SECONDS)
      await under.second.clients.create(sampleClient(now), unique('fingerprint'), 1)
      expect(await under.first.clients.find(client.clientId)).toEqual(client)
      expect(await under.first.clients.update(client)).toBe(true)
      expect(await under.first.clients.delete(client.clientId)).toBe(true)
    })

    it('keep their life time when updated', async () => {
      const { client, fingerprint } = await created()
      const updated = { ...client, clientName: 'renamed' }
      under.clock.advance(UNUSED_CLIENT_TTL_SECONDS - 1)
      expect(await under.first.clients.update(updated)).toBe(true)
      expect(await under.second.clients.find(client.clientId)).toEqual(updated)
      expect(await under.second.clients.findUnused(fingerprint)).toEqual(updated)
      under.clock.advance(1)
      expect(await under.second.clients.find(client.clientId)).toBeUndefined()
    })

    it('are not brought into being by an update', async () => {
      const client = sampleClient(now)
      expect(await under.first.clients.update(client)).toBe(false)
      expect(await under.first.clients.find(client.clientId)).toBeUndefined()
    })

    it('are deleted once, used or not', async () => {
      const { client, fingerprint } = await created()
      const outcomes = await fifty(under, ({ clients }) => clients.delete(client.clientId))
      expect(outcomes.filter((deleted) => deleted)).toHaveLength(1)
      expect(await under.second.clients.find(client.clientId)).toBeUndefined()
      expect(await under.second.clients.findUnused(fingerprint)).toBeUndefined()
    })

    it('are forgotten oldest first above the limit, used ones never', async () => {
      const clients = Array.from({ length: 6 }, () => sampleClient(now))
      for (const [index, client] of clients.entries()) {
        under.clock.advance(1)
        await under.first.clients.create(client, unique('fingerprint'), 3)
        if (index === 0) await under.first.clients.markUsed(client.clientId)
      }
      const found = await Promise.all(clients.map(({ clientId }) => under.second.clients.find(clientId)))
      expect(found.map((client) => client !== undefined)).toEqual([true, false, false, true, true, true])
    })

    it('are listed newest first, until they are forgotten', async () => {
      const clients = Array.from({ length: 3 }, (_, index) => sampleClient(now, { createdAt: index }))
      for (const client of clients) await under.first.clients.create(client, unique('fingerprint'), LIMIT)
      const [oldest, used, newest] = clients
      await under.first.clients.markUsed(used?.clientId ?? '')
      const forgottenAt = Math.floor(now() / 1000) + UNUSED_CLIENT_TTL_SECONDS
      const list = await under.second.clients.list()
      expect(list).toEqual([{ client: newest, forgottenAt }, { client: used }, { client: oldest, forgottenAt }])
      under.clock.advance(UNUSED_CLIENT_TTL_SECONDS)
      expect(await under.second.clients.list()).toEqual([{ client: used }])
    })

    it('do not exceed the limit when fifty register at once', async () => {
      const clients = Array.from({ length: 50 }, () => sampleClient(now))
      await fifty(under, (stores, index) => stores.clients.create(clients[index] ?? sampleClient(now), unique('fingerprint'), 10))
      const found = await Promise.all(clients.map(({ clientId }) => under.second.clients.find(clientId)))
      expect(found.filter((client) => client !== undefined)).toHaveLength(10)
    })
  })
}
