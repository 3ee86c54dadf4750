import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DocumentServer, startDocumentServer } from '../testing/document-server.ts'
import { createFetchJson } from './fetch-json.ts'
import { createKeySets } from './key-sets.ts'

interface Pair {
  readonly privateKey: CryptoKey
  readonly jwk: Record<string, unknown>
}

async function makeKey(kid?: string, alg = 'ES256'): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) } }
}
const sign = ({ privateKey }: Pair, kid?: string, alg = 'ES256') =>
  new SignJWT({}).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(privateKey)

let server: DocumentServer
let [first, second]: [Pair, Pair] = [{} as Pair, {} as Pair]
beforeAll(async () => {
  server = await startDocumentServer()
  ;[first, second] = await Promise.all([makeKey('first'), makeKey('second')])
})
afterAll(() => server.close())

let now = 0
const advance = (seconds: number) => {
  now += seconds * 1000
}
const open = () => createKeySets({ fetchJson: createFetchJson({ allowedPrivateHosts: ['localhost'] }), clock: () => now })
let keySets = open()
let seen = 0
beforeEach(async () => {
  await server.stop()
  await server.start()
  keySets = open()
  server.answer({ keys: [first.jwk] })
  seen = server.requests.length
})
const requests = () => server.requests.length - seen
const uri = () => `${server.url}/keys`
const accepts = async (token: string, source: Parameters<typeof keySets.of>[0] = { jwksUri: uri() }) =>
  jwtVerify(token, keySets.of(source)).then(
    () => true,
    () => false,
  )

describe('keys at an address', () => {
  it('are fetched once in ten minutes', async () => {
    const token = await sign(first, 'first')
    expect([await accepts(token), await accepts(token)]).toEqual([true, true])
    advance(599)
    await accepts(token)
    expect(requests()).toBe(1)
    advance(2)
    expect(await accepts(token)).toBe(true)
    expect(requests()).toBe(2)
  })

  it('are asked for again when a new one signs, and a flood of unknown ones asks twice a minute (JWT-12)', async () => {
    expect(await accepts(await sign(first, 'first'))).toBe(true)
    server.answer({ keys: [first.jwk, second.jwk] })
    const rotated = await sign(second, 'second')
    expect(await accepts(rotated)).toBe(false)
    advance(31)
    expect(await accepts(rotated)).toBe(true)
    expect(requests()).toBe(2)
    const stranger = await sign(await makeKey(), 'nobody')
    await Promise.all(Array.from({ length: 50 }, () => accepts(stranger)))
    advance(31)
    for (let index = 0; index < 20; index++) await accepts(stranger)
    expect(requests()).toBe(3)
  })

  it('are believed for a day while their host is down, and asked for twice a minute', async () => {
    const token = await sign(first, 'first')
    await accepts(token)
    await server.stop()
    advance(3600)
    expect(await accepts(token)).toBe(true)
    advance(82_000)
    expect(await accepts(token)).toBe(true)
    advance(1000)
    expect(await accepts(token)).toBe(false)
    await server.start()
    expect(await accepts(token)).toBe(true)
  })

  it.each([
    ['no key set', { nothing: true }],
    ['a private key', {}],
    ['a secret', { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'first' }] }],
  ])('of which some is %s open nothing', async (what, document) => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    server.answer(what === 'a private key' ? { keys: [{ ...(await exportJWK(privateKey)), kid: 'first' }] } : document)
    expect(await accepts(await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(privateKey))).toBe(false)
  })

  it('are not fetched from a private address, unless the operator wrote it', async () => {
    const strict = createKeySets({ fetchJson: createFetchJson({ allowedPrivateHosts: [] }), clock: () => now })
    const token = await sign(first, 'first')
    await expect(jwtVerify(token, strict.of({ jwksUri: uri() }))).rejects.toMatchObject({ reason: 'http_not_allowed' })
    expect(requests()).toBe(0)
    await expect(jwtVerify(token, strict.of({ jwksUri: uri(), trusted: true }))).resolves.toBeDefined()
  })
})

describe('keys of an issuer that the operator named', () => {
  it.each([
    ['as its discovery document says', (issuer: string) => issuer, true],
    ['as it says with a slash', (issuer: string) => `${issuer}/`, true],
    ['not when the document is another issuer’s', () => 'https://evil.test', false],
  ])('are found %s', async (_what, issuerOf, expected) => {
    server.answer((request, response) => {
      const document = request.url?.includes('openid-configuration')
        ? { issuer: issuerOf(`${server.url}/tenant`), jwks_uri: uri() }
        : { keys: [first.jwk] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    })
    const source = { jwksUri: `${server.url}/tenant/.well-known/openid-configuration`, trusted: true }
    expect(await accepts(await sign(first, 'first'), source)).toBe(expected)
  })

  it('are found as its metadata says when it knows no OpenID Connect (RFC 8414 §3.1)', async () => {
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/oauth-authorization-server/tenant': { issuer: `${server.url}/tenant`, jwks_uri: uri() },
      '/keys': { keys: [first.jwk] },
    }
    server.answer((request, response) => {
      const document = documents[request.url ?? '']
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
    })
    const source = { jwksUri: `${server.url}/tenant/.well-known/openid-configuration`, trusted: true }
    expect(await accepts(await sign(first, 'first'), source)).toBe(true)
    expect(await accepts(await sign(first, 'first'), { ...source, trusted: false })).toBe(false)
  })
})

describe('keys of strangers, however many', () => {
  it('push out none of an issuer that the operator named', async () => {
    const token = await sign(first, 'first')
    const source = { jwksUri: uri(), trusted: true }
    expect(await accepts(token, source)).toBe(true)
    for (let index = 0; index < 500; index++) await accepts(token, { jwksUri: `http://stranger.test/${index}` })
    await server.stop()
    advance(3600)
    expect(await accepts(token, source)).toBe(true)
  })
})

describe('keys that came with the client', () => {
  it('work without a key id, whichever of them signed', async () => {
    const [one, two, other] = await Promise.all([makeKey(), makeKey(), makeKey()])
    const jwks = { keys: [one.jwk, two.jwk] }
    expect(await accepts(await sign(one), { jwks })).toBe(true)
    expect(await accepts(await sign(two), { jwks })).toBe(true)
    expect(await accepts(await sign(other), { jwks })).toBe(false)
    expect(requests()).toBe(0)
  })

  it('are none when there are none', async () => {
    expect(await accepts(await sign(first, 'first'), {})).toBe(false)
  })
})
