import { describe, expect, it } from 'vitest'
import type { Client } from '../oauth/client.ts'
import type { ClientStore } from '../store/client-store.ts'
import { createClientDirectory } from './client-directory.ts'
import { parseClientsFile } from './clients-file.ts'

const URL_ID = 'https://agent.example/client.json'
const SECRET = 'f3b1c9e07d5a4826b0c4e1f2a3958d67'

const client = (clientId: string, members: Partial<Client> = {}): Client => ({
  clientId,
  source: 'metadata',
  clientName: 'Agent',
  redirectUris: ['https://agent.example/callback'],
  grantTypes: ['authorization_code', 'refresh_token'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'none',
  createdAt: 0,
  ...members,
})

function open(document: Client, entries: readonly object[] = []) {
  const asked: [string, boolean][] = []
  const { clients: configured } = parseClientsFile(JSON.stringify({ clients: entries }), 'clients.json')
  const directory = createClientDirectory({
    stored: { find: async (clientId: string) => client(clientId, { source: 'registered' }) } as unknown as ClientStore,
    configured,
    documents: {
      find: async (clientId, { isTrusted }) => {
        asked.push([clientId, isTrusted])
        return clientId === document.clientId ? document : undefined
      },
      keep: async () => {},
    },
  })
  return { directory, asked }
}

describe('who a client id is', () => {
  it('comes from the file, from a registration, from a document, or is nobody', async () => {
    const { directory, asked } = open(client(URL_ID), [{ client_id: 'app', redirect_uris: ['https://app.test/'] }])
    const sources = await Promise.all(['app', 'cli_x', URL_ID, 'nobody', ''].map((clientId) => directory.find(clientId)))
    expect(sources.map((found) => found?.source)).toEqual(['configured', 'registered', 'metadata', undefined, undefined])
    expect(asked.map(([clientId]) => clientId)).toEqual([URL_ID, 'nobody', ''])
    expect(asked.every(([, isTrusted]) => !isTrusted)).toBe(true)
  })
})

describe('what the operator adds to a document', () => {
  const machine = { client_id: URL_ID, grant_types: ['client_credentials'], scope: 'read' }

  it('is trust in its host, a scope limit and grants without a person, if it proves itself', async () => {
    const { directory, asked } = open(client(URL_ID, { tokenEndpointAuthMethod: 'private_key_jwt' }), [machine])
    expect(await directory.find(URL_ID)).toMatchObject({
      source: 'configured',
      clientName: 'Agent',
      grantTypes: ['client_credentials'],
      scope: 'read',
      tokenEndpointAuthMethod: 'private_key_jwt',
    })
    expect(asked).toEqual([[URL_ID, true]])
  })

  it('makes a client that may choose prove itself', async () => {
    const chooses = { tokenEndpointAuthMethod: 'none', tokenEndpointAuthMethods: ['none', 'private_key_jwt'] } as const
    const found = await open(client(URL_ID, chooses), [machine]).directory.find(URL_ID)
    expect(found).toMatchObject({ tokenEndpointAuthMethod: 'private_key_jwt', grantTypes: ['client_credentials'] })
    expect(found).not.toHaveProperty('tokenEndpointAuthMethods')
    const person = await open(client(URL_ID, chooses), [{ client_id: URL_ID, scope: 'read' }]).directory.find(URL_ID)
    expect(person).toMatchObject(chooses)
  })

  it('is no grant without a person where nobody proves anything', async () => {
    expect((await open(client(URL_ID), [machine]).directory.find(URL_ID))?.grantTypes).toEqual([])
  })
})

describe('an agent', () => {
  it('is one as long as the file lets it exchange tokens', () => {
    const grant_types = ['urn:ietf:params:oauth:grant-type:token-exchange']
    const { directory } = open(client(URL_ID), [{ client_id: 'agent', client_secret: SECRET, grant_types }])
    expect(['agent', 'app', 'cli_x', ''].map(directory.isAgent)).toEqual([true, false, false, false])
    expect(open(client(URL_ID)).directory.isAgent('agent')).toBe(false)
  })
})

describe('a machine', () => {
  it('is one as long as the file says so', () => {
    const { directory } = open(client(URL_ID), [{ client_id: 'ci', client_secret: SECRET, grant_types: ['client_credentials'] }])
    expect(['ci', 'app', 'cli_x', ''].map(directory.isMachine)).toEqual([true, false, false, false])
    expect(open(client(URL_ID)).directory.isMachine('ci')).toBe(false)
  })
})
