import { createLocalJWKSet, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { createTrustedIssuers } from '../clients/trusted-issuers.ts'
import { FetchFault } from '../fetch/fetch-fault.ts'
import { standardIdentity } from '../identity/claims.ts'
import { createIssuer, keySetsOf } from '../testing/issuers.ts'
import { configuredClient, startTokenEndpoint, withClients } from '../testing/machines.ts'
import { createTestContext } from '../testing/test-context.ts'
import { readPayload } from '../testing/token-client.ts'
import { jwtBearerGrant } from './jwt-bearer.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const TYP = 'oauth-id-jag+jwt'
const members = { idJag: true, workloads: [] }

const okta = await createIssuer({ issuer: 'https://acme.okta.test', jwksUri: 'https://acme.okta.test/keys', ...members })
const other = await createIssuer(
  { issuer: 'https://idp.other.test', jwksUri: 'https://idp.other.test/keys', ...members },
  'RS256',
)
const platform = await createIssuer({
  ...{ issuer: 'https://ci.test', jwksUri: 'https://ci.test/keys', idJag: false },
  workloads: [{ subject: '*', clientId: 'editor' }],
})
const stranger = await createIssuer({ issuer: 'https://evil.test', jwksUri: 'https://evil.test/keys', ...members })
const keySets = keySetsOf([okta, other, platform, stranger])

const base = await createTestContext({
  environment: {
    OIDC_ISSUER: 'https://acme.okta.test',
    OIDC_CLIENT_ID: 'gatehouse',
    ALLOWED_USERS: 'email:*@acme.test, group:contractors',
  },
  servers: {
    memory: { command: 'x', scopes: { read: ['get-*'], write: ['*'] } },
    docs: { url: 'http://docs/mcp' },
    closed: { url: 'http://closed/mcp', allow: ['email:boss@acme.test'] },
  },
})
const context = {
  ...withClients(base, [
    configuredClient('editor', { grantTypes: [JWT_BEARER] }),
    configuredClient('other-app', { grantTypes: [JWT_BEARER] }),
    configuredClient('public', { grantTypes: [JWT_BEARER], tokenEndpointAuthMethod: 'none' }),
    configuredClient('no-grant', { grantTypes: ['client_credentials'] }),
  ]),
  issuers: createTrustedIssuers([okta.trusted, other.trusted, platform.trusted]),
  keySets,
}
const { app, ask } = await startTokenEndpoint(context)
afterAll(() => app.close())

const { PUBLIC_URL } = context.config
const server = (name: string) => `${PUBLIC_URL}/${name}/mcp`
const now = () => Math.floor(context.clock() / 1000)
let serial = 0

const claims = (changes: Readonly<Record<string, unknown>> = {}) => ({
  iss: 'https://acme.okta.test',
  sub: 'U019488227',
  aud: PUBLIC_URL,
  client_id: 'editor',
  resource: server('memory'),
  scope: 'read write',
  jti: `jti-${serial++}`,
  iat: now(),
  exp: now() + 300,
  email: 'ada@acme.test',
  email_verified: true,
  preferred_username: 'ada',
  groups: ['engineering'],
  ...changes,
})
const sign = (changes: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) =>
  okta.sign(claims(changes), { typ: TYP, ...header })
const present = (assertion: string, fields: Readonly<Record<string, string | undefined>> = {}) =>
  ask({ grant_type: JWT_BEARER, client_id: 'editor', assertion, ...fields })

describe('an identity assertion of a trusted provider', () => {
  it('brings its person in for what it names, without a browser and without a refresh token', async () => {
    const { status, headers, body } = await present(await sign())
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read write',
    })
    const token = readPayload(body.access_token)
    expect(token).toMatchObject({ sub: 'oidc:U019488227', client_id: 'editor', aud: server('memory') })
    const active = await context.stores.grants.find(String(token.grant_id))
    expect(active?.grant).toMatchObject({ via: 'jwt_bearer', clientId: 'editor' })
    expect(context.logs()).toContain('"event":"assertion_accepted"')
  })

  it('makes the very person who signs in at that provider in a browser', async () => {
    const assertion = claims()
    const { body } = await present(await okta.sign(assertion, { typ: TYP }))
    const active = await context.stores.grants.find(String(readPayload(body.access_token).grant_id))
    expect(active?.grant.identity).toEqual(standardIdentity('oidc', [assertion]))
  })

  it('of another provider makes somebody else, whatever their sub', async () => {
    const assertion = await other.sign(claims({ iss: 'https://idp.other.test', groups: ['contractors'] }), { typ: TYP })
    const { body } = await present(assertion)
    const active = await context.stores.grants.find(String(readPayload(body.access_token).grant_id))
    expect(active?.grant.identity).toMatchObject({
      subject: 'idjag:https://idp.other.test#U019488227',
      provider: 'https://idp.other.test',
    })
  })

  it('of a tenant makes a person of that tenant, never the one without', async () => {
    const { body } = await present(await sign({ tenant: 'acme' }))
    expect(readPayload(body.access_token).sub).toBe('idjag:https://acme.okta.test#acme#U019488227')
  })

  it('leaves one record for a person who comes often', async () => {
    for (let time = 0; time < 10; time++) await present(await sign({ sub: 'often' }))
    expect(await context.stores.grants.listBySubject('oidc:often')).toHaveLength(1)
  })

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>, Readonly<Record<string, unknown>>]>([
    ['fewer scopes, when it names fewer', { scope: 'read' }, {}, { scope: 'read' }],
    ['fewer scopes, when the client asks for fewer', {}, { scope: 'write' }, { scope: 'write' }],
    ['the first scope, when it names none', { scope: undefined }, {}, { scope: 'read' }],
    [
      'the server that is asked for, of several',
      { resource: [server('memory'), server('docs')], scope: 'mcp' },
      { resource: server('docs') },
      { aud: server('docs') },
    ],
    ['one server, of every server', { resource: PUBLIC_URL }, { resource: server('memory') }, { aud: server('memory') }],
    ['the server it names, with a slash more', { resource: `${server('memory')}/` }, {}, { aud: server('memory') }],
    ['an audience in a list', { aud: [PUBLIC_URL] }, {}, { aud: server('memory') }],
    ['an audience with a slash', { aud: `${PUBLIC_URL}/` }, {}, { aud: server('memory') }],
    ['a type that is written out', {}, { typ: 'application/oauth-id-jag+jwt' }, { aud: server('memory') }],
    ['times with fractions', { iat: now() + 0.5, exp: now() + 300.0005 }, {}, { aud: server('memory') }],
    [
      'a clock that is half a minute ahead (JWT-08)',
      { iat: now() + 30, nbf: now() + 30, exp: now() + 330 },
      {},
      { aud: server('memory') },
    ],
  ])('may bring %s', async (_what, changes, { typ, ...fields }, expected) => {
    const { body } = await present(await sign(changes, typ === undefined ? {} : { typ }), fields)
    expect(body.error).toBeUndefined()
    expect(readPayload(body.access_token)).toMatchObject(expected)
  })

  it('that is bound to a key needs that key', async () => {
    const grant = jwtBearerGrant(context)
    const client = configuredClient('editor', { grantTypes: [JWT_BEARER] })
    const redeem = async (jkt?: string) =>
      grant.redeem({ params: { assertion: await sign({ cnf: { jkt: 'its-key' } }) }, client, log: app.log, jkt })
    await expect(redeem()).rejects.toMatchObject({ code: 'invalid_grant' })
    await expect(redeem('another-key')).rejects.toMatchObject({ code: 'invalid_grant' })
    const answer = await redeem('its-key')
    expect(answer.token_type).toBe('DPoP')
    expect(readPayload(answer.access_token).cnf).toEqual({ jkt: 'its-key' })
  })

  it('is good once, at every replica', async () => {
    const assertion = await sign()
    const replies = await Promise.all(Array.from({ length: 20 }, () => present(assertion)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(replies.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(
      new Set(['invalid_grant']),
    )
  })

  it('is not spent by a request that asks for the wrong thing', async () => {
    const assertion = await sign()
    expect((await present(assertion, { resource: server('docs') })).body.error).toBe('invalid_target')
    expect((await present(assertion, { client_id: 'other-app' })).body.error).toBe('invalid_grant')
    expect((await present(assertion)).status).toBe(200)
  })
})

describe('an identity assertion is refused', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['for another gateway', { aud: 'https://elsewhere.test' }, 'id_jag_audience'],
    ['for another gateway beside this one', { aud: [PUBLIC_URL, 'https://elsewhere.test'] }, 'id_jag_audience'],
    ['for our token endpoint, which is no issuer', { aud: `${PUBLIC_URL}/token` }, 'id_jag_audience'],
    ['for another client', { client_id: 'other-app' }, 'id_jag_client'],
    ['without a client', { client_id: undefined }, 'id_jag_client'],
    ['without jti', { jti: undefined }, 'id_jag_jti_missing'],
    ['without iat', { iat: undefined }, 'id_jag_iat_missing'],
    ['without exp', { exp: undefined }, 'assertion_claim_exp'],
    ['without sub', { sub: undefined }, 'assertion_claim_sub'],
    ['with an empty sub', { sub: '' }, 'assertion_sub_missing'],
    ['with a sub that is no text', { sub: { toString: 'x' } }, 'assertion_sub_missing'],
    ['with a sub of control characters', { sub: 'a\nb' }, 'id_jag_subject'],
    ['when it expired half a minute ago (JWT-08)', { iat: now() - 600, exp: now() - 30 }, 'assertion_expired'],
    ['before its time', { nbf: now() + 120 }, 'assertion_claim_nbf'],
    ['from more than half a minute ahead (JWT-08)', { iat: now() + 31, exp: now() + 300 }, 'assertion_iat_ahead'],
    ['when it is good for a week', { exp: now() + 7 * 86_400 }, 'assertion_too_long'],
    ['without a resource', { resource: undefined }, 'id_jag_resource'],
    ['for a resource of somebody else', { resource: 'https://elsewhere.test/mcp' }, 'id_jag_resource'],
    ['with scopes that are no text, which bound nothing', { scope: ['read'] }, 'id_jag_scope'],
    ['with a binding that cannot be read', { cnf: { x5t: 'a' } }, 'id_jag_key_not_proved'],
    ['when the address is not verified, and the rule is about addresses', { email_verified: undefined }, 'not_on_allowed_users'],
    ['when its person is on no list', { email: 'eve@evil.test' }, 'not_on_allowed_users'],
  ])('%s', async (_what, changes, reason) => {
    const { status, headers, body } = await present(await sign(changes))
    expect([status, body.error, headers['cache-control']]).toEqual([400, 'invalid_grant', 'no-store'])
    expect(context.logs()).toContain(`"reason":"${reason}"`)
  })

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>, string]>([
    ['for a server whose list does not have its person', { resource: server('closed'), scope: 'mcp' }, {}, 'invalid_target'],
    ['for a server that it does not name', {}, { resource: server('docs') }, 'invalid_target'],
    [
      'when it names several servers, and the client none',
      { resource: [server('memory'), server('docs')] },
      {},
      'invalid_target',
    ],
    ['when none of its scopes is one of that server', { scope: 'chat.read' }, {}, 'invalid_scope'],
    ['of a client that anybody can claim to be', { client_id: 'public' }, { client_id: 'public' }, 'unauthorized_client'],
    ['of a client without this grant', { client_id: 'no-grant' }, { client_id: 'no-grant' }, 'unauthorized_client'],
  ])('%s', async (_what, changes, fields, error) => {
    const { status, body } = await present(await sign(changes), fields)
    expect([status, body.error]).toEqual([400, error])
  })

  it('of a provider that is trusted for workloads alone', async () => {
    const assertion = await platform.sign(claims({ iss: 'https://ci.test' }), { typ: TYP })
    expect((await present(assertion)).body.error).toBe('invalid_grant')
  })

  it('with one text, whoever it is not from, and nothing is fetched for a stranger', async () => {
    const good = await sign()
    const [head = '', , signature = ''] = good.split('.')
    const secret = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', typ: TYP }).sign(new Uint8Array(32))
    const unknown = await stranger.sign(claims({ iss: 'https://evil.test' }), { typ: TYP })
    keySets.asked.length = 0
    const strange = await present(unknown)
    expect(keySets.asked).toEqual([])
    const replies = await Promise.all(
      [
        'abc',
        'a.b.c',
        new UnsecuredJWT(claims()).encode(),
        await secret,
        await stranger.sign(claims(), { typ: TYP }),
        `${head}.${Buffer.from(JSON.stringify(claims({ sub: 'boss' }))).toString('base64url')}.${signature}`,
        `${good}${'x'.repeat(17_000)}`,
        await sign({ iss: 'https://acme.okta.test/' }),
        await sign({ padding: 'x'.repeat(17_000) }),
      ].map((assertion) => present(assertion)),
    )
    expect(new Set(replies.map(({ status, body }) => JSON.stringify([status, body])))).toEqual(
      new Set([JSON.stringify([strange.status, strange.body])]),
    )
    expect(strange.body.error).toBe('invalid_grant')
  })

  it('when a shared secret signed it, even one that stands among the keys of its provider', async () => {
    const k = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I'
    const of = () => createLocalJWKSet({ keys: [{ kty: 'oct', k, alg: 'HS256', kid: 'shared' }] })
    const signed = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', typ: TYP, kid: 'shared' })
    const assertion = await signed.sign(Buffer.from(k, 'base64url'))
    const grant = jwtBearerGrant({ ...context, keySets: { of } })
    const client = configuredClient('editor', { grantTypes: [JWT_BEARER] })
    await expect(grant.redeem({ params: { assertion }, client, log: app.log })).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  it('as a fault, not as wrong, when the keys of its provider cannot be had', async () => {
    const broken = {
      of: () => async () => {
        throw new FetchFault('unreachable', { isUnavailable: true })
      },
    }
    const grant = jwtBearerGrant({ ...context, keySets: broken })
    const client = configuredClient('editor', { grantTypes: [JWT_BEARER] })
    await expect(grant.redeem({ params: { assertion: await sign() }, client, log: app.log })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      headers: { 'retry-after': expect.any(String) },
    })
  })

  it('without an assertion', async () => {
    expect((await ask({ grant_type: JWT_BEARER, client_id: 'editor' })).body.error).toBe('invalid_request')
    expect((await ask({ grant_type: JWT_BEARER })).body.error).toBe('invalid_request')
  })
})

// Last, because the tables above are of one moment.
describe('an identity assertion that was used', () => {
  it('is remembered as long as it could come again, with the difference of clocks', async () => {
    const assertion = await sign()
    expect((await present(assertion)).status).toBe(200)
    const before = context.logs().length
    for (const seconds of [200, 99, 30]) {
      base.advance(seconds)
      expect((await present(assertion)).body.error).toBe('invalid_grant')
    }
    const since = context.logs().slice(before)
    expect(since.match(/"reason":"(\w+)"/g)).toEqual(Array(3).fill('"reason":"id_jag_replayed"'))
  })
})
