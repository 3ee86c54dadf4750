import { describe, expect, it } from 'vitest'
import { readClientDocument } from './client-document.ts'
import { PINNED_DOCUMENTS } from './pinned-documents.ts'

const ID = 'https://app.test/client.json'
const DOCUMENT = { client_id: ID, client_name: 'App', redirect_uris: ['http://127.0.0.1/callback'] }
const JWKS = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] }
const read = (members: object = {}) => readClientDocument(ID, { ...DOCUMENT, ...members }, 7)

describe('a client id metadata document', () => {
  it('makes a public client of the code flow out of what MCP requires', () => {
    expect(read()).toEqual({
      clientId: ID,
      source: 'metadata',
      clientName: 'App',
      redirectUris: ['http://127.0.0.1/callback'],
      grantTypes: ['authorization_code', 'refresh_token'],
      responseTypes: ['code'],
      tokenEndpointAuthMethod: 'none',
      createdAt: 7,
    })
  })

  it('may say more, and what we have no use for', () => {
    const members = {
      client_uri: 'https://app.test',
      logo_uri: 'https://app.test/logo.png',
      policy_uri: null,
      tos_uri: '',
      scope: 'admin',
      contacts: [7],
      software_statement: 'x',
      response_types: ['code'],
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      'x-own': {},
    }
    expect(read(members)).toEqual({
      ...read(),
      clientUri: 'https://app.test',
      logoUri: 'https://app.test/logo.png',
      dpopBoundAccessTokens: true,
      requirePushedAuthorizationRequests: true,
    })
  })

  it.each([
    [
      ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      ['authorization_code', 'refresh_token'],
    ],
    [
      ['authorization_code', 'client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['authorization_code', 'refresh_token'],
    ],
    [
      ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    ],
    [['urn:ietf:params:oauth:grant-type:device_code'], ['refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']],
    [['client_credentials'], []],
  ])('that asks for %j gets %j (rule 22)', (asked, given) => {
    expect(read({ grant_types: asked }).grantTypes).toEqual(given)
  })

  it.each<[string, object, string, string[] | undefined]>([
    ['keys and private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt', jwks: JWKS }, 'private_key_jwt', undefined],
    [
      'a choice, as ChatGPT’s does',
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
        jwks_uri: 'https://app.test/jwks',
      },
      'private_key_jwt',
      ['private_key_jwt', 'none'],
    ],
    [
      'a choice without a preference',
      { token_endpoint_auth_methods_supported: ['private_key_jwt'], jwks: JWKS },
      'private_key_jwt',
      undefined,
    ],
    [
      'a method of ours beside one we do not have',
      { token_endpoint_auth_method: 'tls_client_auth', token_endpoint_auth_methods_supported: ['none', 'tls_client_auth'] },
      'none',
      undefined,
    ],
    [
      'private_key_jwt as a choice, without keys',
      { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] },
      'none',
      undefined,
    ],
  ])('with %s proves itself so', (_what, members, method, methods) => {
    expect(read(members)).toMatchObject({ tokenEndpointAuthMethod: method })
    expect(read(members).tokenEndpointAuthMethods).toEqual(methods)
  })

  it.each<[string, unknown, string]>([
    ['no object', [], 'the document'],
    ['null', null, 'the document'],
    ['a text', 'x', 'the document'],
    ['no client_id', { ...DOCUMENT, client_id: undefined }, 'client_id'],
    ['no name', { ...DOCUMENT, client_name: undefined }, 'client_name'],
    ['an empty name', { ...DOCUMENT, client_name: '\u200b' }, 'client_name'],
    ['no redirect URIs', { ...DOCUMENT, redirect_uris: undefined }, 'redirect_uris'],
    ['an empty list of redirect URIs', { ...DOCUMENT, redirect_uris: [] }, 'redirect_uris'],
    ['a redirect URI that runs code', { ...DOCUMENT, redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris.0'],
    ['a redirect URI of http', { ...DOCUMENT, redirect_uris: ['https://a.test/', 'http://a.test/'] }, 'redirect_uris.1'],
    ['no code among the response types', { ...DOCUMENT, response_types: ['token'] }, 'response_types'],
    ['a redirect URI that is no text', { ...DOCUMENT, redirect_uris: [7] }, 'redirect_uris.0'],
    [
      'a shared secret as its method (CIM-12)',
      { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_post' },
      'token_endpoint_auth_method',
    ],
    [
      'client_secret_jwt as its method (CIM-12)',
      { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_jwt' },
      'token_endpoint_auth_method',
    ],
    [
      'a shared secret among its methods (CIM-12)',
      { ...DOCUMENT, token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'] },
      'token_endpoint_auth_method',
    ],
    ['a secret (CIM-12)', { ...DOCUMENT, client_secret: 'x' }, 'client_secret'],
    ['a secret that is empty (CIM-12)', { ...DOCUMENT, client_secret: '' }, 'client_secret'],
    ['an end of its secret (CIM-12)', { ...DOCUMENT, client_secret_expires_at: 0 }, 'client_secret_expires_at'],
    ['a private key (CIM-12)', { ...DOCUMENT, jwks: { keys: [{ ...JWKS.keys[0], d: 'd' }] } }, 'jwks.keys'],
    ['a secret key (CIM-12)', { ...DOCUMENT, jwks: { keys: [{ kty: 'oct', k: 'k' }] } }, 'jwks.keys'],
    ['a private key of a later kind (CIM-12)', { ...DOCUMENT, jwks: { keys: [{ kty: 'AKP', priv: 'p' }] } }, 'jwks.keys'],
    ['keys twice', { ...DOCUMENT, jwks: JWKS, jwks_uri: 'https://app.test/jwks' }, 'jwks and jwks_uri'],
    ['keys at http', { ...DOCUMENT, jwks_uri: 'http://app.test/jwks' }, 'jwks_uri'],
    [
      'private_key_jwt without keys',
      { ...DOCUMENT, token_endpoint_auth_method: 'private_key_jwt' },
      'token_endpoint_auth_method',
    ],
    [
      'an algorithm that we do not take',
      { ...DOCUMENT, token_endpoint_auth_method: 'private_key_jwt', jwks: JWKS, token_endpoint_auth_signing_alg: 'HS256' },
      'token_endpoint_auth_method',
    ],
    ['a method that nobody has', { ...DOCUMENT, token_endpoint_auth_method: 'magic' }, 'token_endpoint_auth_method'],
  ])('that has %s makes no client, and says why', (_what, json, member) => {
    expect(() => readClientDocument(ID, json, 7)).toThrow(
      expect.objectContaining({ name: 'ClientDocumentFault', message: expect.stringContaining(member) }),
    )
  })

  it.each([
    'https://app.test/Client.json',
    'https://APP.test/client.json',
    'https://app.test/client.json/',
    'https://app.test:443/client.json',
    'https://app.test/client.json?',
    'https://app.test/client.json?x=1',
    'http://app.test/client.json',
    'https://app.test/client%2ejson',
    'https://other.test/client.json',
  ])('at another address cannot be %s (CIM-03)', (clientId) => {
    expect(() => read({ client_id: clientId })).toThrow('client_id is not the address of the document')
  })

  it.each([...PINNED_DOCUMENTS])('of %s is known here, and is a good one (rule 22)', (clientId, document) => {
    const client = readClientDocument(clientId, document, 7)
    expect(client.grantTypes).toContain('authorization_code')
    expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(5120)
  })
})
