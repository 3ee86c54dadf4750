import { afterAll, describe, expect, it } from 'vitest'
import type { AccessTokenClaims } from '../keys/access-token.ts'
import { mintAccessToken } from '../keys/access-token.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'
import { configuredClient, startTokenEndpoint, withClients } from '../testing/machines.ts'
import { createTestContext, OCTOCAT } from '../testing/test-context.ts'
import { addClient, readPayload } from '../testing/token-client.ts'
import { tokenExchangeGrant } from './token-exchange.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const AGENT = { grantTypes: [EXCHANGE, 'client_credentials'] }

const base = await createTestContext({
  servers: {
    memory: { command: 'x', scopes: { read: ['get-*'], write: ['*'], admin: ['*'] } },
    docs: { url: 'http://docs/mcp' },
    closed: { url: 'http://closed/mcp', allow: ['github:somebody-else'] },
  },
})
const context = withClients(base, [
  configuredClient('agent', AGENT),
  configuredClient('second', AGENT),
  configuredClient('third', AGENT),
  configuredClient('fourth', AGENT),
  configuredClient('fifth', AGENT),
  configuredClient('reader', { ...AGENT, scope: 'read' }),
  configuredClient('public', { ...AGENT, tokenEndpointAuthMethod: 'none' }),
])
const { app, ask } = await startTokenEndpoint(context)
afterAll(() => app.close())

const { PUBLIC_URL } = context.config
const server = (name: string) => `${PUBLIC_URL}/${name}/mcp`
const now = () => Math.floor(context.clock() / 1000)

interface Handed {
  readonly token: string
  readonly grant: Grant
}

/** What a person's client has in its hands, and hands to an agent. */
async function handToken(
  changes: Partial<Grant> = {},
  token: Partial<Parameters<typeof mintAccessToken>[2]> = {},
): Promise<Handed> {
  const grant: Grant = {
    id: newGrantId(),
    clientId: 'cli_editor',
    identity: OCTOCAT,
    scopes: ['read', 'write'],
    resource: server('memory'),
    createdAt: now(),
    ...changes,
  }
  await context.stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt: now() + 86_400 })
  const times = { issuedAt: now(), expiresAt: now() + 3600 }
  const facts = { grant, audience: grant.resource, scopes: grant.scopes, ...times, ...token }
  return { token: mintAccessToken(context.keys.current(), PUBLIC_URL, facts), grant }
}

const exchange = (token: string, fields: Readonly<Record<string, string | undefined>> = {}) =>
  ask({ grant_type: EXCHANGE, client_id: 'agent', subject_token: token, subject_token_type: ACCESS_TOKEN, ...fields })

const claimsOf = (body: { readonly access_token: string }) => readPayload(body.access_token) as unknown as AccessTokenClaims

describe('an agent that the operator no longer lists', () => {
  it('has nothing left that another agent could exchange', async () => {
    const { token } = await handToken({}, { clientId: 'removed', act: { sub: 'client:removed', client_id: 'removed' } })
    const { status, body } = await exchange(token)
    expect([status, body.error]).toEqual([400, 'invalid_request'])
  })
})

describe('an agent that was handed a token of a person', () => {
  it('gets its own, which says for whom and who acts, and no refresh token', async () => {
    const { token, grant } = await handToken()
    const { status, headers, body } = await exchange(token)
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read write',
    })
    expect(claimsOf(body)).toMatchObject({
      sub: 'github:583231',
      client_id: 'agent',
      aud: server('memory'),
      grant_id: grant.id,
      act: { sub: 'client:agent', client_id: 'agent' },
    })
    expect(claimsOf(body).jti).not.toBe(readPayload(token).jti)
    expect(context.logs()).toContain('"event":"token_exchanged"')
  })

  it('leaves no record behind: its token lives by the grant of the person', async () => {
    const { token } = await handToken({ identity: { ...OCTOCAT, subject: 'github:1' } })
    for (let time = 0; time < 10; time++) await exchange(token)
    expect(await context.stores.grants.listBySubject('github:1')).toHaveLength(1)
  })

  it('gets fewer scopes when it asks for fewer, and never more than the token has', async () => {
    const { token } = await handToken()
    expect((await exchange(token, { scope: 'read' })).body.scope).toBe('read')
    expect((await exchange(token, { scope: 'read admin openid' })).body.scope).toBe('read')
    expect((await exchange(token, { client_id: 'reader' })).body.scope).toBe('read')
  })

  it('leaves the scopes of OpenID Connect with the person', async () => {
    const { token } = await handToken({ scopes: ['read', 'openid', 'email'] })
    expect((await exchange(token)).body.scope).toBe('read')
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['by its URL', { resource: server('memory') }],
    ['by its URL as audience', { audience: server('memory') }],
    ['by its name', { audience: 'memory' }],
    ['twice the same', { audience: 'memory', resource: `${server('memory')}/` }],
  ])('gets a token for one server out of every server, named %s', async (_what, fields) => {
    const { token } = await handToken({ resource: PUBLIC_URL, scopes: ['read', 'mcp'] })
    const { body } = await exchange(token, fields)
    expect(claimsOf(body)).toMatchObject({ aud: server('memory'), scope: 'read' })
  })

  it('gets a token that ends no later than the one it was handed', async () => {
    const { token } = await handToken({}, { expiresAt: now() + 100 })
    const { body } = await exchange(token)
    expect(body.expires_in).toBe(100)
    expect(claimsOf(body).exp).toBe(now() + 100)
  })

  it('may call it a JWT, on both sides', async () => {
    const { token } = await handToken()
    const { body } = await exchange(token, { subject_token_type: JWT, requested_token_type: JWT })
    expect(body.issued_token_type).toBe(JWT)
  })

  it('hands on: the chain says who acted before (RFC 8693 §4.1)', async () => {
    const { token } = await handToken()
    const first = await exchange(token)
    const second = await exchange(first.body.access_token, { client_id: 'second', scope: 'read' })
    expect(claimsOf(second.body).act).toEqual({
      sub: 'client:second',
      client_id: 'second',
      act: { sub: 'client:agent', client_id: 'agent' },
    })
    const narrowed = await exchange(second.body.access_token, { client_id: 'second' })
    expect(claimsOf(narrowed.body).act).toEqual(claimsOf(second.body).act)
  })

  it('hands on four times at most', async () => {
    let { token } = await handToken()
    for (const clientId of ['agent', 'second', 'third', 'fourth']) {
      token = (await exchange(token, { client_id: clientId })).body.access_token
    }
    const { status, body } = await exchange(token, { client_id: 'fifth' })
    expect([status, body.error]).toEqual([400, 'invalid_request'])
  })

  it('names its actor by a token of its own', async () => {
    const { token } = await handToken()
    const own = await ask({ grant_type: 'client_credentials', client_id: 'agent' })
    const { body } = await exchange(token, { actor_token: own.body.access_token, actor_token_type: ACCESS_TOKEN })
    expect(claimsOf(body).act).toEqual({ sub: 'client:agent', client_id: 'agent' })
  })

  it('keeps the binding of a token that is bound to a key (RFC 9449)', async () => {
    const { token } = await handToken({}, { jkt: 'its-key' })
    expect((await exchange(token)).body.error).toBe('invalid_request')
    const redeem = (jkt?: string) =>
      tokenExchangeGrant(context).redeem({
        params: { subject_token: token, subject_token_type: ACCESS_TOKEN },
        client: configuredClient('agent', AGENT),
        log: app.log,
        jkt,
      })
    await expect(redeem('another-key')).rejects.toMatchObject({ code: 'invalid_request' })
    const answer = await redeem('its-key')
    expect(answer.token_type).toBe('DPoP')
    expect(claimsOf(answer).cnf).toEqual({ jkt: 'its-key' })
  })
})

describe('an exchange is refused', () => {
  const bad = 'invalid_request'
  it.each<[string, Readonly<Record<string, string | undefined>>, string, string]>([
    ['without subject_token', { subject_token: undefined }, bad, 'subject_token_missing'],
    ['without subject_token_type', { subject_token_type: undefined }, bad, 'subject_token_type_missing'],
    ['for an ID token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, bad, 'subject_token_type_unknown'],
    [
      'for a refresh token',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      bad,
      'subject_token_type_unknown',
    ],
    ['for a token that is none', { subject_token: 'abc' }, bad, 'subject_token_malformed'],
    [
      'for a refresh token as result',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      bad,
      'requested_token_type_unknown',
    ],
    [
      'for an ID-JAG as result',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag' },
      bad,
      'requested_token_type_unknown',
    ],
    ['with actor_token_type alone', { actor_token_type: ACCESS_TOKEN }, bad, 'actor_token_missing'],
    ['with actor_token alone', { actor_token: 'abc' }, bad, 'actor_token_type_missing'],
    [
      'with an actor_token that is no token of ours',
      { actor_token: 'abc', actor_token_type: ACCESS_TOKEN },
      bad,
      'actor_token_malformed',
    ],
    [
      'with an actor_token of another kind',
      { actor_token: 'abc', actor_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      bad,
      'actor_token_type_unknown',
    ],
    ['for another server', { resource: server('docs') }, 'invalid_target', 'resource_outside_token'],
    ['for every server, with a token for one', { resource: PUBLIC_URL }, 'invalid_target', 'resource_outside_token'],
    ['for a server of somebody else', { resource: 'https://elsewhere.test/mcp' }, 'invalid_target', 'resource_foreign'],
    ['for a server that nobody knows', { audience: 'nothing' }, 'invalid_target', 'resource_foreign'],
    ['for two servers', { resource: server('memory'), audience: 'docs' }, 'invalid_target', 'resource_several'],
    ['for scopes that the token does not have', { scope: 'admin' }, 'invalid_scope', 'scope_outside_token'],
    ['of a client without a secret or a key', { client_id: 'public' }, 'unauthorized_client', 'client_public'],
  ])('%s', async (_what, fields, error, reason) => {
    const { token } = await handToken()
    const { status, headers, body } = await exchange(token, fields)
    expect([status, body.error, headers['cache-control']]).toEqual([400, error, 'no-store'])
    expect(context.logs()).toContain(`"reason":"${reason}"`)
  })

  it('of a client that registered itself, whatever it says of itself', async () => {
    const { clientId } = await addClient(base, { grantTypes: [EXCHANGE] }, 'client_secret_post')
    expect((await exchange((await handToken()).token, { client_id: clientId })).body.error).toBe('unauthorized_client')
  })

  it('when the grant has ended', async () => {
    const { token, grant } = await handToken()
    await context.stores.grants.revoke(grant.id)
    expect((await exchange(token)).body.error).toBe(bad)
  })

  it('when this very token was revoked', async () => {
    const { token, grant } = await handToken()
    await context.stores.grants.revokeToken(grant.id, String(readPayload(token).jti), now() + 3600)
    expect((await exchange(token)).body.error).toBe(bad)
  })

  it('when the token has expired, without the grace that /verify gives', async () => {
    const { token } = await handToken({}, { expiresAt: now() + 60 })
    base.advance(60)
    expect((await exchange(token)).body.error).toBe(bad)
  })

  it('when its person may not use the gateway any more', async () => {
    const { token } = await handToken({ identity: { ...OCTOCAT, subject: 'github:2', login: 'gone' } })
    expect((await exchange(token)).body.error).toBe(bad)
  })

  it('when its person may not use that server', async () => {
    const { token } = await handToken({ resource: PUBLIC_URL, scopes: ['mcp'] })
    expect((await exchange(token, { audience: 'closed' })).body.error).toBe('invalid_target')
  })

  it('when its server is no longer here', async () => {
    const { token } = await handToken({ resource: server('removed') })
    expect((await exchange(token)).body.error).toBe('invalid_target')
  })

  it.each<[string, Partial<Parameters<typeof mintAccessToken>[2]>]>([
    ['of another client', { clientId: 'second' }],
    ['that acts for somebody itself', { clientId: 'agent', act: { sub: 'client:second' } }],
  ])('with an actor_token %s', async (_what, changes) => {
    const { token } = await handToken()
    const actor = await handToken({}, changes)
    const { body } = await exchange(token, { actor_token: actor.token, actor_token_type: ACCESS_TOKEN })
    expect(body.error).toBe(bad)
  })

  it('with one text for every token that does not hold', async () => {
    const ended = await handToken()
    await context.stores.grants.revoke(ended.grant.id)
    const texts = await Promise.all(
      ['abc', ended.token, `${ended.token}x`].map(async (token) => (await exchange(token)).body.error_description),
    )
    expect(new Set(texts).size).toBe(1)
  })
})
