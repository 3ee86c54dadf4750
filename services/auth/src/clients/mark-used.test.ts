import { createLog } from '@gatehouse/runtime'
import { describe, expect, it } from 'vitest'
import type { Client, RegisteredClient } from '../oauth/client.ts'
import { openStores } from '../store/open-stores.ts'
import { markUsed } from './mark-used.ts'

const client: RegisteredClient = {
  clientId: 'cli_0123456789012345678901',
  source: 'registered',
  redirectUris: ['http://127.0.0.1/cb'],
  grantTypes: ['authorization_code'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'none',
  createdAt: 1,
  registrationTokenHashes: ['first', 'second'],
}

describe('a client that equal registrations shared until somebody signed in through it', () => {
  it.each([
    ['nobody, on the open Internet', false, []],
    ['the newest of them, on the loopback default', true, ['second']],
  ])('is managed by %s', async (_who, isLoopback, hashes) => {
    const stores = await openStores('memory:', { clock: () => 1000, log: createLog('test', 'fatal') })
    await stores.clients.create(client, 'fingerprint', 10)
    const kept: string[] = []
    const clients = { keep: async (clientId: string) => void kept.push(clientId) }
    await markUsed({ stores, clients, config: { isLoopback } }, client)
    expect((await stores.clients.find(client.clientId))?.registrationTokenHashes).toEqual(hashes)
    expect(kept).toEqual([])
    await markUsed({ stores, clients, config: { isLoopback } }, {
      ...client,
      clientId: 'https://app.test/c',
      source: 'metadata',
    } as Client)
    expect(kept).toEqual(['https://app.test/c'])
    await stores.close()
  })
})
