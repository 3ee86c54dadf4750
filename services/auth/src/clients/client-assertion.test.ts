import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../oauth/client.ts'
import type { OAuthError } from '../oauth/error.ts'
import { sha256 } from '../oauth/secret.ts'
import { type DocumentServer, startDocumentServer } from '../testing/document-server.ts'
import { createTestContext, type TestContext } from '../testing/test-context.ts'
import { createClientAuthenticator } from './authenticate-client.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ISSUER = 'https://gate.test'
const ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA']

const keys = new Map<string, { readonly privateKey: CryptoKey; readonly jwk: Record<string, unknown> }>()
let server: DocumentServer
let context: TestContext
let clients: Client[]

const client = (clientId: string, members: Partial<Client>): Client => ({
  clientId,
  source: 'registered',
  redirectUris: [],
  grantTypes: [],
  responseTypes: [],
  tokenEndpointAuthMethod: 'private_key_jwt',
  createdAt: 0,
  ...members,
})

beforeAll(async () => {
  server = await startDocumentServer()
  for (const alg of [...ALGORITHMS, 'ES384', 'other']) {
    const { publicKey, privateKey } = await generateKeyPair(alg === 'other' ? 'ES256' : alg, { extractable: true })
    keys.set(alg, { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: alg } })
  }
})
afterAll(() => server.close())
beforeEach(async () => {
  context = await createTestContext({ environment: { CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost' } })
  const jwks = { keys: [...keys].filter(([alg]) => alg !== 'other').map(([, { jwk }]) => jwk) }
  server.answer(jwks)
  clients = [
    client('keys', { jwks }),
    client('uri', { jwksUri: `${server.url}/jwks` }),
    client('https://app.test/c', { source: 'metadata', jwks }),
    client('one', { jwks, tokenEndpointAuthSigningAlg: 'PS256' }),
    client('choice', { jwks, tokenEndpointAuthMethods: ['private_key_jwt', 'none'] }),
    client('secret', { jwks, tokenEndpointAuthMethod: 'client_secret_post', secretHash: sha256('x') }),
    client('public', { jwks, tokenEndpointAuthMethod: 'none' }),
    client('inside', { source: 'configured', jwksUri: `${server.url.replace('localhost', '127.0.0.1')}/jwks` }),
    client('stranger', { jwksUri: `${server.url.replace('localhost', '127.0.0.1')}/jwks` }),
  ]
})

let count = 0
const nowSeconds = () => Math.floor(context.clock() / 1000)
const claims = (clientId = 'keys'): JWTPayload => ({
  iss: clientId,
  sub: clientId,
  aud: ISSUER,
  jti: `jti-${count++}`,
  iat: nowSeconds(),
  exp: nowSeconds() + 60,
})
/** Claims as they may be, right or wrong; undefined = not there. */
type Claims = { readonly [Name in keyof JWTPayload]: unknown }

const sign = (payload: Claims, alg = 'ES256', header: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg: alg === 'other' ? 'ES256' : alg, kid: alg === 'other' ? 'ES256' : alg, ...header })
    .sign(keys.get(alg)?.privateKey ?? new Uint8Array(32))

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

const authenticate = (params: Record<string, string>, authorization?: string) => {
  const find = async (clientId: string) => clients.find((known) => known.clientId === clientId)
  const { keySets, stores, clock } = context
  const assertions = { issuer: ISSUER, keySets, expiring: stores.expiring, clock }
  return createClientAuthenticator({ find }, assertions)(authorization, params).then(
    (known) => known.clientId,
    (error: OAuthError) => error,
  )
}
const present = async (assertion: string, params: Record<string, string> = {}) =>
  authenticate({ client_assertion_type: TYPE, client_assertion: assertion, ...params })

describe('a client proves itself by an assertion', () => {
  it.each(ALGORITHMS)('signed with %s', async (alg) => {
    expect(await present(await sign(claims(), alg))).toBe('keys')
  })

  it.each<[string, (clientId: string) => Promise<string>, string, Record<string, string>]>([
    ['with keys at an address', (clientId) => sign(claims(clientId)), 'uri', {}],
    ['with its id in the form too', (clientId) => sign(claims(clientId)), 'keys', { client_id: 'keys' }],
    ['with a URL for an id', (clientId) => sign(claims(clientId)), 'https://app.test/c', {}],
    ['in the algorithm that it registered', (clientId) => sign(claims(clientId), 'PS256'), 'one', {}],
    ['where it may choose', (clientId) => sign(claims(clientId)), 'choice', {}],
    ['with a type', (clientId) => sign(claims(clientId), 'ES256', { typ: 'client-authentication+jwt' }), 'keys', {}],
    ['for the token endpoint (RFC 7523 §3)', (clientId) => sign({ ...claims(clientId), aud: `${ISSUER}/token` }), 'keys', {}],
    ['for the endpoint it calls (RFC 9126 §2)', (clientId) => sign({ ...claims(clientId), aud: `${ISSUER}/par` }), 'keys', {}],
    ['for several of ours', (clientId) => sign({ ...claims(clientId), aud: [ISSUER, `${ISSUER}/token`] }), 'keys', {}],
    ['without an iat', (clientId) => sign({ ...claims(clientId), iat: undefined }), 'keys', {}],
    [
      'from a clock half a minute ahead (JWT-08)',
      (clientId) => sign({ ...claims(clientId), iat: nowSeconds() + 30, nbf: nowSeconds() + 30, exp: nowSeconds() + 330 }),
      'keys',
      {},
    ],
    [
      'from a clock half a minute behind (JWT-08)',
      (clientId) => sign({ ...claims(clientId), iat: nowSeconds() - 89, exp: nowSeconds() - 29 }),
      'keys',
      {},
    ],
    ['with keys at a private address that the operator wrote', (clientId) => sign(claims(clientId)), 'inside', {}],
  ])('%s', async (_what, make, clientId, params) => {
    expect(await present(await make(clientId), params)).toBe(clientId)
  })

  it('or comes without, when its document lets it choose', async () => {
    expect(await authenticate({ client_id: 'choice' })).toBe('choice')
  })
})

describe('an assertion is refused (RFC 7523 §3, RFC 8725)', () => {
  it.each<[string, () => Promise<string> | string, string]>([
    ['by another key', () => sign(claims(), 'other'), 'client_assertion_signature'],
    ['by a key nobody knows', () => sign(claims(), 'ES256', { kid: 'x' }), 'client_assertion_key_unknown'],
    [
      'with HS256',
      () => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)),
      'client_assertion_alg',
    ],
    ['with none', () => `${encode({ alg: 'none' })}.${encode(claims())}.`, 'client_assertion_alg'],
    ['with another algorithm', () => sign(claims(), 'ES384'), 'client_assertion_alg'],
    ['with another algorithm than the registered one', () => sign(claims('one'), 'RS256'), 'client_assertion_alg'],
    [
      'with a header we must understand',
      () => `${encode({ alg: 'ES256', crit: ['x'], x: 1 })}.${encode(claims())}.AAAA`,
      'client_assertion_unreadable',
    ],
    ['for somebody else', () => sign({ ...claims(), aud: 'https://other.test' }), 'client_assertion_audience'],
    ['for somebody else too', () => sign({ ...claims(), aud: [ISSUER, 'https://other.test'] }), 'client_assertion_audience'],
    ['for nobody', () => sign({ ...claims(), aud: [] }), 'client_assertion_audience'],
    ['for almost us', () => sign({ ...claims(), aud: `${ISSUER}/` }), 'client_assertion_audience'],
    ['without an audience', () => sign({ ...claims(), aud: undefined }), 'client_assertion_aud'],
    ['without an end', () => sign({ ...claims(), exp: undefined }), 'client_assertion_exp'],
    ['half a minute after its end (JWT-08)', () => sign({ ...claims(), exp: nowSeconds() - 30 }), 'client_assertion_expired'],
    ['that lives too long', () => sign({ ...claims(), exp: nowSeconds() + 331 }), 'client_assertion_lifetime'],
    [
      'from more than half a minute ahead (JWT-08)',
      () => sign({ ...claims(), iat: nowSeconds() + 31 }),
      'client_assertion_issued_at',
    ],
    [
      'that ended before it began',
      () => sign({ ...claims(), exp: nowSeconds() - 20, iat: nowSeconds() }),
      'client_assertion_issued_at',
    ],
    ['before its time', () => sign({ ...claims(), nbf: nowSeconds() + 31 }), 'client_assertion_nbf'],
    ['without a jti', () => sign({ ...claims(), jti: undefined }), 'client_assertion_jti'],
    ['with an empty jti', () => sign({ ...claims(), jti: '' }), 'client_assertion_jti'],
    ['with an endless jti', () => sign({ ...claims(), jti: 'j'.repeat(256) }), 'client_assertion_jti'],
    ['about somebody else', () => sign({ ...claims(), sub: 'one' }), 'client_assertion_unreadable'],
    ['from somebody else', () => sign({ ...claims(), iss: 'https://idp.test' }), 'client_assertion_unreadable'],
    ['of an unknown client', () => sign(claims('nobody')), 'client_unknown'],
    ['of a public client', () => sign(claims('public')), 'client_auth_method'],
    ['of a client with a secret', () => sign(claims('secret')), 'client_auth_method'],
    ['with keys at a private address that a stranger wrote', () => sign(claims('stranger')), 'client_keys_http_not_allowed'],
    ['about a number', () => sign({ ...claims(), iss: 1, sub: 1 }), 'client_assertion_unreadable'],
    ['about nothing', () => sign({ ...claims(), iss: null, sub: null }), 'client_assertion_unreadable'],
    ['that is no JWT', () => 'x', 'client_assertion_unreadable'],
    ['that is too long', () => sign({ ...claims(), x: 'x'.repeat(9000) }), 'client_assertion_unreadable'],
  ])('%s', async (_what, make, reason) => {
    const error = await present(await make())
    expect(error).toMatchObject({ code: 'invalid_client', status: 401, reason })
    expect((error as OAuthError).message).toBe(((await authenticate({ client_id: 'nobody' })) as OAuthError).message)
  })

  it('when it comes again, on whichever replica, also if fifty come at once', async () => {
    const assertion = await sign(claims())
    const answers = await Promise.all(Array.from({ length: 50 }, () => present(assertion)))
    expect(answers.filter((answer) => answer === 'keys')).toHaveLength(1)
    context.advance(89)
    expect(await present(assertion)).toMatchObject({ reason: 'client_assertion_replayed' })
    context.advance(2)
    expect(await present(assertion)).toMatchObject({ reason: 'client_assertion_expired' })
  })

  it('not because another client used the same jti', async () => {
    expect(await present(await sign({ ...claims('keys'), jti: 'same' }))).toBe('keys')
    expect(await present(await sign({ ...claims('uri'), jti: 'same' }))).toBe('uri')
  })

  it('not for good because a wrong one had its jti', async () => {
    const right = claims()
    expect(await present(await sign(right, 'other'))).toMatchObject({ reason: 'client_assertion_signature' })
    expect(await present(await sign(right))).toBe('keys')
  })

  it.each<[string, Record<string, string>, string | undefined, object]>([
    [
      'of another type',
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      undefined,
      { code: 'invalid_client', reason: 'client_assertion_type' },
    ],
    ['beside a secret', { client_secret: 'x' }, undefined, { code: 'invalid_request', reason: 'two_client_credentials' }],
    ['beside Basic', {}, 'Basic a2V5czp4', { code: 'invalid_request', reason: 'two_client_credentials' }],
    ['beside another id', { client_id: 'one' }, undefined, { code: 'invalid_request', reason: 'two_client_ids' }],
  ])('%s', async (_what, params, authorization, expected) => {
    const assertion = await sign(claims())
    const error = await authenticate({ client_assertion_type: TYPE, client_assertion: assertion, ...params }, authorization)
    expect(error).toMatchObject(expected)
  })

  it('without its type or without itself', async () => {
    expect(await authenticate({ client_assertion: await sign(claims()) })).toMatchObject({ reason: 'client_assertion_type' })
    expect(await authenticate({ client_assertion_type: TYPE, client_id: 'keys' })).toMatchObject({
      reason: 'client_assertion_unreadable',
    })
  })

  it('and a client with keys does not come in by its name alone', async () => {
    expect(await authenticate({ client_id: 'keys' })).toMatchObject({ code: 'invalid_client', reason: 'client_auth_method' })
  })
})

describe('while the keys of a client cannot be had', () => {
  it('nobody is refused: it is a fault', async () => {
    server.answer((_request, response) => response.writeHead(503).end())
    expect(await present(await sign(claims('uri')))).toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      reason: 'client_keys_status',
      headers: { 'retry-after': '10' },
    })
  })

  it('a client that may choose comes without: leaving its proof out would have been as good', async () => {
    const broken = { jwksUri: `${server.url}/jwks`, tokenEndpointAuthMethods: ['private_key_jwt', 'none'] as const }
    clients.push(client('broken', broken))
    server.answer((_request, response) => response.writeHead(403).end())
    expect(await present(await sign(claims('broken')))).toBe('broken')
    server.answer({ keys: [...keys].map(([, { jwk }]) => jwk) })
    expect(await present(await sign(claims('broken'), 'other'))).toMatchObject({ code: 'invalid_client' })
  })
})

describe('a client that may choose is for the rest of the request', () => {
  it('what it proved to be', async () => {
    const choice = clients.filter(({ clientId }) => clientId === 'choice')
    const { keySets, stores, clock } = context
    const assertions = { issuer: ISSUER, keySets, expiring: stores.expiring, clock }
    const authenticator = createClientAuthenticator({ find: async () => choice[0] }, assertions)
    const proved = await authenticator(undefined, { client_assertion_type: TYPE, client_assertion: await sign(claims('choice')) })
    const named = await authenticator(undefined, { client_id: 'choice' })
    expect([proved, named].map((known) => [known.tokenEndpointAuthMethod, known.tokenEndpointAuthMethods])).toEqual([
      ['private_key_jwt', undefined],
      ['none', undefined],
    ])
  })
})
