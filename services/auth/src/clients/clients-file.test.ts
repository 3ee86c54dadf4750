import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../oauth/secret.ts'
import { parseClientsFile, readClientsFile } from './clients-file.ts'
import { idOf, isMachine } from './configured-client.ts'

const SECRET = 'f3b1c9e07d5a4826b0c4e1f2a3958d67'
const REDIRECT_URIS = ['https://claude.ai/api/mcp/auth_callback']
const JWKS = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] }

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-clients-'))
afterAll(() => rmSync(folder, { recursive: true }))
const secretFile = join(folder, 'secret')
writeFileSync(secretFile, `${SECRET}\n`)
writeFileSync(join(folder, 'short'), 'short')

const parse = (file: unknown) => parseClientsFile(JSON.stringify(file), 'clients.json')
const one = (entry: object) => parse({ clients: [{ client_id: 'app', ...entry }] }).clients[0]
const faults = (file: unknown): string[] => {
  try {
    parse(file)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

describe('the clients file', () => {
  it('may be absent, or empty', () => {
    expect(readClientsFile(join(folder, 'none.json'))).toEqual({ clients: [], issuers: [] })
    expect(parse({ $schema: 'x' })).toEqual({ clients: [], issuers: [] })
  })

  it('makes a client with a secret, which may come in both ways that clients send one', () => {
    expect(one({ client_secret: SECRET, redirect_uris: REDIRECT_URIS, client_name: 'Claude', scope: 'read write' })).toEqual({
      kind: 'whole',
      client: {
        clientId: 'app',
        source: 'configured',
        clientName: 'Claude',
        scope: 'read write',
        redirectUris: REDIRECT_URIS,
        grantTypes: ['authorization_code', 'refresh_token'],
        responseTypes: ['code'],
        tokenEndpointAuthMethod: 'client_secret_basic',
        tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post'],
        secretHash: sha256(SECRET),
        createdAt: 0,
      },
    })
  })

  it.each<[string, object, object]>([
    ['a secret from a file', { client_secret_file: secretFile, redirect_uris: REDIRECT_URIS }, { secretHash: sha256(SECRET) }],
    [
      'one way to send the secret',
      { client_secret: SECRET, redirect_uris: REDIRECT_URIS, token_endpoint_auth_method: 'client_secret_post' },
      { tokenEndpointAuthMethod: 'client_secret_post' },
    ],
    ['keys', { jwks: JWKS, redirect_uris: REDIRECT_URIS }, { tokenEndpointAuthMethod: 'private_key_jwt', jwks: JWKS }],
    [
      'keys at a private address',
      { jwks_uri: 'http://10.0.0.7:8080/jwks', redirect_uris: REDIRECT_URIS },
      { tokenEndpointAuthMethod: 'private_key_jwt', jwksUri: 'http://10.0.0.7:8080/jwks' },
    ],
    ['nothing', { redirect_uris: ['http://127.0.0.1/callback'] }, { tokenEndpointAuthMethod: 'none' }],
    [
      'a machine’s grant',
      { client_secret: SECRET, grant_types: ['client_credentials'] },
      { grantTypes: ['client_credentials'], redirectUris: [], responseTypes: [] },
    ],
    [
      'a program’s identity',
      { grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] },
      { tokenEndpointAuthMethod: 'none' },
    ],
    [
      'tokens bound to a key',
      { client_secret: SECRET, redirect_uris: REDIRECT_URIS, dpop_bound_access_tokens: true },
      { dpopBoundAccessTokens: true },
    ],
    [
      'a device',
      { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] },
      { grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] },
    ],
  ])('makes a client with %s', (_what, entry, expected) => {
    expect(one(entry)).toMatchObject({ kind: 'whole', client: expected })
  })

  it('adds to a client whose id is the URL of its document', () => {
    const entry = { client_id: 'https://agent.example/client.json', grant_types: ['client_credentials'], scope: 'read' }
    const { clients } = parse({ clients: [entry] })
    expect(clients).toEqual([
      { kind: 'addition', clientId: entry.client_id, members: { grantTypes: ['client_credentials'], scope: 'read' } },
    ])
    expect(clients.map(isMachine)).toEqual([true])
  })

  it('names issuers, by their keys or by their discovery document', () => {
    const { issuers } = parse({
      clients: [{ client_id: 'ci', grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] }],
      issuers: [
        { issuer: 'https://idp.example', jwks_uri: 'https://idp.example/keys', id_jag: true },
        {
          issuer: 'https://token.actions.githubusercontent.com',
          workloads: [{ subject: 'repo:o/r:*', audience: 'us', client_id: 'ci' }],
        },
        { issuer: 'https://tenant.example/' },
      ],
    })
    expect(issuers).toEqual([
      { issuer: 'https://idp.example', jwksUri: 'https://idp.example/keys', idJag: true, workloads: [] },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        jwksUri: 'https://token.actions.githubusercontent.com/.well-known/openid-configuration',
        idJag: false,
        workloads: [{ subject: 'repo:o/r:*', audience: 'us', clientId: 'ci' }],
      },
      {
        issuer: 'https://tenant.example/',
        jwksUri: 'https://tenant.example/.well-known/openid-configuration',
        idJag: false,
        workloads: [],
      },
    ])
  })

  it('says which clients act for themselves', () => {
    const { clients } = parse({
      clients: [
        { client_id: 'person', redirect_uris: REDIRECT_URIS },
        { client_id: 'machine', client_secret: SECRET, grant_types: ['client_credentials'] },
        { client_id: 'exchange', client_secret: SECRET, grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
        { client_id: 'ci', grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] },
      ],
    })
    expect(clients.filter(isMachine).map(idOf)).toEqual(['machine', 'ci'])
  })
})

describe('a fault in the clients file', () => {
  it('is told with all others at once, without a value', () => {
    const told = faults({
      clients: [
        { client_id: 'cli_x', redirect_uris: ['http://evil.test/'], secret: SECRET },
        { client_id: 'app', client_secret: 'hunter2-hunter2', grant_types: ['password'], jwks_uri: 'ftp://x' },
        7,
      ],
      issuers: [{ issuer: 'idp' }],
      servers: {},
    })
    expect(told).toHaveLength(9)
    expect(told.every((line) => line.startsWith('clients.json: '))).toBe(true)
    for (const value of ['hunter2', SECRET, 'evil.test', 'ftp:']) expect(told.join('\n')).not.toContain(value)
  })

  it.each<[string, object, string]>([
    [
      'an id twice',
      {
        clients: [
          { client_id: 'a', redirect_uris: REDIRECT_URIS },
          { client_id: 'a', redirect_uris: REDIRECT_URIS },
        ],
      },
      'clients.1.client_id is there twice',
    ],
    [
      'the id of people’s own tokens',
      { clients: [{ client_id: 'personal-token', redirect_uris: REDIRECT_URIS }] },
      'clients.0.client_id must not be personal-token: people’s own tokens act under it',
    ],
    ['an issuer twice', { issuers: [{ issuer: 'https://a.b' }, { issuer: 'https://a.b' }] }, 'issuers.1.issuer is there twice'],
    [
      'two secrets',
      { clients: [{ client_id: 'a', client_secret: SECRET, client_secret_file: secretFile, redirect_uris: REDIRECT_URIS }] },
      'clients.0 client_secret and client_secret_file are both set; keep one',
    ],
    [
      'a secret file that is not there',
      { clients: [{ client_id: 'a', client_secret_file: join(folder, 'gone'), redirect_uris: REDIRECT_URIS }] },
      'clients.0 client_secret_file cannot be read (ENOENT)',
    ],
    [
      'a secret file with too little',
      { clients: [{ client_id: 'a', client_secret_file: join(folder, 'short'), redirect_uris: REDIRECT_URIS }] },
      'clients.0 client_secret_file: its content is shorter than 32 characters; make one with: openssl rand -hex 32',
    ],
    [
      'no redirect URIs',
      { clients: [{ client_id: 'a', client_secret: SECRET }] },
      'clients.0 redirect_uris is missing for authorization_code; without people, set grant_types',
    ],
    [
      'a machine without a proof',
      { clients: [{ client_id: 'a', grant_types: ['client_credentials'] }] },
      'clients.0 grant_types: client_credentials needs a client_secret or keys',
    ],
    [
      'an exchange without a proof',
      { clients: [{ client_id: 'a', grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] }] },
      'clients.0 grant_types: urn:ietf:params:oauth:grant-type:token-exchange needs a client_secret or keys',
    ],
    [
      'keys twice',
      { clients: [{ client_id: 'a', jwks: JWKS, jwks_uri: 'https://a.b/c', redirect_uris: REDIRECT_URIS }] },
      'clients.0 jwks and jwks_uri are both set; keep one',
    ],
    [
      'private keys',
      { clients: [{ client_id: 'a', jwks: { keys: [{ kty: 'EC', d: 'd' }] }, redirect_uris: REDIRECT_URIS }] },
      'clients.0.jwks.keys must not hold private or secret keys',
    ],
    [
      'a method without its secret',
      { clients: [{ client_id: 'a', token_endpoint_auth_method: 'client_secret_post', redirect_uris: REDIRECT_URIS }] },
      'clients.0 client_secret is missing for client_secret_post',
    ],
    [
      'a method without its keys',
      { clients: [{ client_id: 'a', token_endpoint_auth_method: 'private_key_jwt', redirect_uris: REDIRECT_URIS }] },
      'clients.0 jwks or jwks_uri is missing for private_key_jwt',
    ],
    [
      'a secret that is not used',
      { clients: [{ client_id: 'a', client_secret: SECRET, token_endpoint_auth_method: 'none', redirect_uris: REDIRECT_URIS }] },
      'clients.0 client_secret is not used with none; remove it',
    ],
    [
      'a URL with a secret',
      { clients: [{ client_id: 'https://a.b/c', client_secret: SECRET }] },
      'clients.0 client_secret is for the document at client_id to say',
    ],
    [
      'a URL that is none',
      { clients: [{ client_id: 'https://a.b' }] },
      'clients.0 client_id is a URL and must be https with a path, written in its plainest form',
    ],
    [
      'a workload of no client',
      { issuers: [{ issuer: 'https://a.b', workloads: [{ subject: 's', client_id: 'ci' }] }] },
      'issuers.0.workloads.0.client_id is no client of this file',
    ],
    [
      'a workload of a client of people',
      {
        clients: [{ client_id: 'ci', redirect_uris: REDIRECT_URIS }],
        issuers: [{ issuer: 'https://a.b', workloads: [{ subject: 's', client_id: 'ci' }] }],
      },
      'issuers.0.workloads.0.client_id is a client without the grant type urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    [
      'a word that is not known',
      { clients: [{ client_id: 'a', redirectUris: [], redirect_uris: REDIRECT_URIS }] },
      'clients.0 Unrecognized key: "redirectUris"',
    ],
  ])('is told: %s', (_what, file, expected) => {
    expect(faults(file)).toContain(`clients.json: ${expected}`)
  })

  it('is told by who may not open the secrets too', () => {
    const file = {
      clients: [
        { client_id: 'a', client_secret_file: '/gone', token_endpoint_auth_method: 'none', redirect_uris: REDIRECT_URIS },
      ],
    }
    const look = () => parseClientsFile(JSON.stringify(file), 'clients.json', { opensSecrets: false })
    expect(look).toThrow('clients.json: clients.0 client_secret is not used with none; remove it')
    expect(look).not.toThrow('ENOENT')
  })

  it('is told when it is no JSON or cannot be read', () => {
    expect(() => parseClientsFile('{', 'clients.json')).toThrow('clients.json is not JSON')
    expect(() => readClientsFile(folder)).toThrow(/cannot read the clients file .* EISDIR/)
  })
})
