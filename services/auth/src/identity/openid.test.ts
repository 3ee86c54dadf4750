import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { randomSecret } from '../oauth/secret.ts'
import type { IdentityProvider, LoginAttempt } from './identity-provider.ts'
import { createOidc } from './oidc.ts'

const CLIENT_ID = 'gatehouse'
const keys = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])

/** A provider that answers whatever a test wants. */
const upstream = {
  kid: 'key-0',
  status: 200,
  discovery: 200,
  jwksReads: 0,
  issuerInDocument: undefined as string | undefined,
  userInfo: undefined as Record<string, unknown> | undefined,
  idToken: async (_attempt: LoginAttempt): Promise<string> => '',
}
let server: Server
let issuer: string
let attempt: LoginAttempt
let provider: IdentityProvider

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/.well-known/openid-configuration') {
      return answer(upstream.discovery, {
        issuer: upstream.issuerInDocument ?? issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256', 'HS256'],
        ...(upstream.userInfo === undefined ? {} : { userinfo_endpoint: `${issuer}/userinfo` }),
      })
    }
    if (request.url === '/jwks') {
      upstream.jwksReads++
      const index = upstream.kid === 'key-1' ? 1 : 0
      return answer(200, {
        keys: [{ ...(await exportJWK((keys[index] ?? keys[0]).publicKey)), kid: `key-${index}`, use: 'sig', alg: 'RS256' }],
      })
    }
    if (request.url === '/userinfo') return answer(200, upstream.userInfo)
    if (upstream.status !== 200) return answer(upstream.status, { error: 'invalid_grant', error_description: 'no' })
    return answer(200, { access_token: 'at', token_type: 'Bearer', id_token: await upstream.idToken(attempt) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

beforeEach(() => {
  Object.assign(upstream, {
    kid: 'key-0',
    status: 200,
    discovery: 200,
    jwksReads: 0,
    issuerInDocument: undefined,
    userInfo: undefined,
  })
  upstream.idToken = () => sign({})
  provider = newProvider()
  attempt = {
    state: randomSecret(),
    codeVerifier: randomSecret(),
    nonce: randomSecret(),
    redirectUri: 'https://gate.test/callback/oidc',
  }
})

const newProvider = () =>
  createOidc({ issuer, clientId: CLIENT_ID, clientSecret: 'secret', label: 'Company', scope: 'openid profile email groups' })
const signal = () => AbortSignal.timeout(5000)

const claims = (changes: JWTPayload): JWTPayload => {
  const now = Math.floor(Date.now() / 1000)
  return { iss: issuer, aud: CLIENT_ID, sub: 'u-1', iat: now, exp: now + 300, nonce: attempt.nonce, ...changes }
}

const sign = (
  changes: JWTPayload,
  header: { alg?: string; kid?: string } = {},
  key: Parameters<SignJWT['sign']>[0] = keys[upstream.kid === 'key-1' ? 1 : 0].privateKey,
) => new SignJWT(claims(changes)).setProtectedHeader({ alg: 'RS256', kid: upstream.kid, ...header }).sign(key)

const comeBack = (query: Record<string, string> = {}, from = provider) =>
  from.completeLogin(attempt, new URLSearchParams({ code: 'c', state: attempt.state, ...query }), signal())

describe('an OpenID Connect provider', () => {
  it('is asked with PKCE, nonce and state', async () => {
    const url = await provider.loginUrl({ ...attempt, chooseAccount: true }, signal())
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: CLIENT_ID,
      response_type: 'code',
      scope: 'openid profile email groups',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge_method: 'S256',
      prompt: 'login',
    })
    expect(url.searchParams.get('code_challenge')).not.toBe(attempt.codeVerifier)
  })

  it('says who the person is by its ID token', async () => {
    upstream.idToken = () =>
      sign({ preferred_username: 'ada', name: 'Ada', email: 'ada@example.com', email_verified: true, groups: ['dev', 7, 'ops'] })
    expect(await comeBack()).toEqual({
      subject: 'oidc:u-1',
      provider: 'oidc',
      login: 'ada',
      name: 'Ada',
      email: 'ada@example.com',
      groups: ['dev', 'ops'],
      organizations: [],
      teams: [],
    })
  })

  it.each<[string, JWTPayload, Record<string, unknown> | undefined, string | undefined]>([
    ['verified in the ID token', { email: 'a@x.test', email_verified: true }, undefined, 'a@x.test'],
    ['verified at userinfo', {}, { sub: 'u-1', email: 'a@x.test', email_verified: true }, 'a@x.test'],
    ['not verified', { email: 'a@x.test', email_verified: false }, undefined, undefined],
    ['said nothing of', { email: 'a@x.test' }, undefined, undefined],
    ['verified as text', { email: 'a@x.test', email_verified: 'true' }, undefined, undefined],
    ['in one place and verified in another', { email: 'a@x.test' }, { sub: 'u-1', email_verified: true }, undefined],
  ])('gives an address only when it is %s', async (_what, inToken, userInfo, expected) => {
    upstream.idToken = () => sign(inToken)
    upstream.userInfo = userInfo
    expect((await comeBack()).email).toBe(expected)
  })

  it.each<[string, () => Promise<string>]>([
    ['of another issuer', () => sign({ iss: 'https://evil.test' })],
    ['for another client', () => sign({ aud: 'somebody-else' })],
    ['of another sign-in', () => sign({ nonce: 'another' })],
    ['without a nonce', () => sign({ nonce: undefined as unknown as string })],
    ['that expired half a minute ago (JWT-08)', () => sign({ exp: Math.floor(Date.now() / 1000) - 31 })],
    ['without a subject', () => sign({ sub: undefined as unknown as string })],
    ['without a signature', async () => new UnsecuredJWT(claims({})).encode()],
    ['signed with the client secret', () => sign({}, { alg: 'HS256' }, new TextEncoder().encode('secret'))],
    ['signed by another key', () => sign({}, {}, keys[1].privateKey)],
    ['of a key that nobody published', () => sign({}, { kid: 'key-9' })],
  ])('vouches for nobody by an ID token %s (CBK-05)', async (_what, idToken) => {
    upstream.idToken = idToken
    await expect(comeBack()).rejects.toMatchObject({ name: 'IdentityProviderError', fault: 'rejected' })
  })

  it.each([
    ['a userinfo of somebody else', () => ({ userInfo: { sub: 'u-2' } }), {}, 'rejected'],
    ['an ID token that is no token', () => ({ idToken: async () => 'not.a.token' }), {}, 'unavailable'],
    ['a refused code', () => ({ status: 400 }), {}, 'rejected'],
    ['a token endpoint that fails', () => ({ status: 503 }), {}, 'unavailable'],
    ['a wrong iss in the redirect', () => ({}), { iss: 'https://evil.test' }, 'rejected'],
    ['another state', () => ({}), { state: 'x' }, 'rejected'],
    ['metadata of another issuer', () => ({ issuerInDocument: 'https://evil.test' }), {}, 'rejected'],
    ['metadata that is not there', () => ({ discovery: 404 }), {}, 'unavailable'],
    ['a provider’s failure', () => ({}), { error: 'server_error' }, 'unavailable'],
    ['a person’s no', () => ({}), { error: 'access_denied' }, 'denied'],
    ['another refusal', () => ({}), { error: 'invalid_scope' }, 'rejected'],
  ] as const)('with %s ends in a fault, not a person (CBK-04, CBK-05)', async (_what, changes, query, fault) => {
    Object.assign(upstream, changes())
    await expect(comeBack({ ...query })).rejects.toMatchObject({ fault })
  })

  it('may be down when the gateway starts: later sign-ins work (FLT-15)', async () => {
    upstream.discovery = 503
    await expect(provider.loginUrl(attempt, signal())).rejects.toMatchObject({ fault: 'unavailable' })
    upstream.discovery = 200
    expect((await provider.loginUrl(attempt, signal())).origin).toBe(issuer)
  })

  it('may rotate its keys: an unknown key is looked up once more (FLT-16)', async () => {
    await comeBack()
    upstream.kid = 'key-1'
    // The first try after the change fails at most once; what was known is then read again.
    const outcome = await comeBack().catch((error: { fault: string }) => error.fault)
    if (outcome === 'rejected') expect((await comeBack()).subject).toBe('oidc:u-1')
    expect(upstream.jwksReads).toBeLessThanOrEqual(3)
  })

  it('that does not answer is given up when the signal fires (FLT-15)', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const slow = createOidc({
      issuer: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      clientId: 'x',
      label: 'Slow',
      scope: 'openid',
    })
    await expect(slow.loginUrl(attempt, AbortSignal.timeout(100))).rejects.toMatchObject({ fault: 'unavailable' })
    silent.closeAllConnections()
    silent.close()
  })
})
