import { describe, expect, it } from 'vitest'
import type { Client, ClientAuthMethod } from '../oauth/client.ts'
import { sha256 } from '../oauth/secret.ts'
import { createTestContext } from '../testing/test-context.ts'
import { createClientAuthenticator } from './authenticate-client.ts'

const SECRET = 'sec_-_abc'
const client = (clientId: string, tokenEndpointAuthMethod: ClientAuthMethod): Client => ({
  clientId,
  source: 'registered',
  redirectUris: [],
  grantTypes: [],
  responseTypes: [],
  tokenEndpointAuthMethod,
  ...(tokenEndpointAuthMethod === 'none' ? {} : { secretHash: sha256(SECRET) }),
  createdAt: 0,
})
const all = [
  client('public', 'none'),
  client('basic', 'client_secret_basic'),
  client('post', 'client_secret_post'),
  client('https://app.test/c', 'client_secret_basic'),
]
const clients = { find: async (id: string) => all.find(({ clientId }) => clientId === id) }

const basic = (id: string, secret: string, scheme = 'Basic') => `${scheme} ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const { keySets, stores, clock, config } = await createTestContext()
const authenticateClient = createClientAuthenticator(clients, {
  issuer: config.PUBLIC_URL,
  keySets,
  expiring: stores.expiring,
  clock,
})
const authenticate = (authorization: string | undefined, params: Record<string, string> = {}) =>
  authenticateClient(authorization, params).then(
    ({ clientId }) => clientId,
    (error) => error,
  )

describe('a client is known', () => {
  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['by its id alone when it is public', undefined, { client_id: 'public' }, 'public'],
    ['by Basic with an empty secret when it is public', basic('public', ''), {}, 'public'],
    ['by Basic as TypeScript sends it, raw (rule 15)', basic('basic', SECRET), {}, 'basic'],
    ['by Basic as Python sends it, encoded (rule 15)', basic('basic', 'sec%5F%2D%5Fabc'), {}, 'basic'],
    ['by Basic with an encoded URL as id', basic('https%3A%2F%2Fapp.test%2Fc', SECRET), {}, 'https://app.test/c'],
    ['by Basic in lower case', basic('basic', SECRET, 'basic'), {}, 'basic'],
    ['by Basic with its id in the form too (rule 15)', basic('basic', SECRET), { client_id: 'basic' }, 'basic'],
    [
      'by Basic with an encoded id and the plain one in the form',
      basic('https%3A%2F%2Fapp.test%2Fc', SECRET),
      { client_id: 'https://app.test/c' },
      'https://app.test/c',
    ],
    ['by its secret in the form', undefined, { client_id: 'post', client_secret: SECRET }, 'post'],
  ])('%s', async (_what, authorization, params, expected) => {
    expect(await authenticate(authorization, params)).toBe(expected)
  })
})

describe('a client is refused (TOK-10)', () => {
  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['without an id', undefined, {}, 'client_id_missing'],
    ['with an empty id by Basic', basic('', SECRET), {}, 'client_id_missing'],
    ['that is unknown', undefined, { client_id: 'nobody' }, 'client_unknown'],
    ['that is unknown, by Basic', basic('nobody', SECRET), {}, 'client_unknown'],
    ['with a wrong secret by Basic', basic('basic', 'wrong'), {}, 'client_secret_wrong'],
    ['with a wrong secret in the form', undefined, { client_id: 'post', client_secret: 'wrong' }, 'client_secret_wrong'],
    ['with the digest of its secret', basic('basic', sha256(SECRET)), {}, 'client_secret_wrong'],
    ['with no secret where it has one', undefined, { client_id: 'basic' }, 'client_auth_method'],
    [
      'with its secret in the form where it registered Basic',
      undefined,
      { client_id: 'basic', client_secret: SECRET },
      'client_auth_method',
    ],
    ['by Basic where it registered the form', basic('post', SECRET), {}, 'client_auth_method'],
    ['with a secret where it has none', undefined, { client_id: 'public', client_secret: 'x' }, 'client_auth_method'],
    ['by Basic that is no base64', 'Basic !!!', {}, 'client_credentials_unreadable'],
    ['by Basic with spare bits', 'Basic YmFzaWM6eB==', {}, 'client_credentials_unreadable'],
    ['by Basic without a colon', `Basic ${Buffer.from('nocolon').toString('base64')}`, {}, 'client_credentials_unreadable'],
    ['by Basic with nothing', 'Basic ', {}, 'client_credentials_unreadable'],
    ['by Bearer', 'Bearer x', { client_id: 'public' }, 'client_credentials_unreadable'],
    ['by an empty header', '', { client_id: 'public' }, 'client_credentials_unreadable'],
  ])('%s', async (_what, authorization, params, reason) => {
    const error = await authenticate(authorization, params)
    expect(error).toMatchObject({ code: 'invalid_client', status: 401, reason })
    expect(error.headers).toEqual(authorization === undefined ? {} : { 'www-authenticate': 'Basic realm="Gatehouse"' })
    expect(error.message).toBe((await authenticate(undefined, {})).message)
  })

  it.each<[string, string, Record<string, string>, string]>([
    ['in two ways at once', basic('basic', SECRET), { client_id: 'basic', client_secret: SECRET }, 'two_client_credentials'],
    ['with two ids', basic('basic', SECRET), { client_id: 'public' }, 'two_client_ids'],
  ])('%s, as a malformed request (RFC 6749 §2.3)', async (_what, authorization, params, reason) => {
    expect(await authenticate(authorization, params)).toMatchObject({ code: 'invalid_request', status: 400, reason })
  })
})
