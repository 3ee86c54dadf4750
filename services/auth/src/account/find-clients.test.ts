import { expect, it } from 'vitest'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { findClients } from './find-clients.ts'

const client = (clientId: string): Client => ({
  clientId,
  source: 'metadata',
  redirectUris: [],
  grantTypes: [],
  responseTypes: [],
  tokenEndpointAuthMethod: 'none',
  createdAt: 1,
})

const asked: string[] = []
const directory = {
  find: async (clientId: string): Promise<Client | undefined> => {
    asked.push(clientId)
    if (clientId === 'gone') return undefined
    if (clientId === 'slow') return new Promise(() => {})
    if (clientId === 'down') throw new OAuthError('temporarily_unavailable', 'down', { reason: 'down' })
    if (clientId === 'away') throw new StoreUnavailableError('away')
    return client(clientId)
  },
}

it('has what can be found in time, and asks for each once', async () => {
  const found = await findClients(directory, ['a', 'gone', 'slow', 'down', 'b', 'a'], 20)
  expect([...found.keys()]).toEqual(['a', 'b'])
  expect(asked.filter((clientId) => clientId === 'a')).toHaveLength(1)
})

it('does not take an outage of the store for an unknown client', async () => {
  await expect(findClients(directory, ['a', 'away'])).rejects.toThrow(StoreUnavailableError)
})
