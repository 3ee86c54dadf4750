import type { FastifyInstance } from 'fastify'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Context } from '../context.ts'
import { createAccessTokenReader, mintAccessToken } from '../keys/access-token.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { machineIdentity } from '../oauth/machine.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { addPersonalToken } from '../testing/personal-token.ts'
import { approve, createTestApp, createTestContext, form, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer, tokenClient } from '../testing/token-client.ts'
import { introspectEndpoint } from './introspect-endpoint.ts'
import { revokeEndpoint } from './revoke-endpoint.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const SIGNED = 'application/token-introspection+jwt'
const server = { clientId: 'memory-server', secret: `the secret of the server ${'x'.repeat(32)}` }
const agent = { clientId: 'agent', secret: `the secret of the agent ${'x'.repeat(32)}` }
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const CLIENTS_FILE = {
  clients: [
    { client_id: server.clientId, client_secret: server.secret, grant_types: ['client_credentials'] },
    { client_id: agent.clientId, client_secret: agent.secret, grant_types: [EXCHANGE] },
  ],
}

let context: TestContext
let app: FastifyInstance
/** Another replica, on the same store. */
let replica: FastifyInstance
let client: TestClient
beforeAll(async () => {
  context = await createTestContext({ clientsFile: CLIENTS_FILE })
  app = await open(context)
  replica = await open(await createTestContext({ clientsFile: CLIENTS_FILE, replicaOf: context }))
  client = await addClient(context, {}, 'client_secret_post')
})
afterAll(() => Promise.all([app.close(), replica.close()]))

const open = (of: Context): Promise<FastifyInstance> =>
  createTestApp((scope) => {
    tokenEndpoint(scope, of)
    revokeEndpoint(scope, of)
    introspectEndpoint(scope, of)
  }, of)

type Fields = Readonly<Record<string, string | undefined>>

const ask = (who: TestClient, token: string | undefined, fields: Fields = {}, accept = 'application/json', at = app) =>
  at.inject({
    method: 'POST',
    url: '/introspect',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept },
    payload: form({ client_id: who.clientId, client_secret: who.secret, token, ...fields }),
  })

const answerTo = async (...question: Parameters<typeof ask>): Promise<Record<string, unknown>> => {
  const response = await ask(...question)
  expect(response.statusCode).toBe(200)
  return response.json()
}

const INACTIVE = { active: false }
const at = (who = client) => tokenClient(app, who)

/** Through /token, with the client's secret. */
async function signIn(overrides: Parameters<typeof approve>[2] = {}): Promise<TokenAnswer & { grantId: string }> {
  const approval = await approve(context, client.clientId, overrides)
  const response = await at().redeem(approval, { client_secret: client.secret })
  return { ...response.json<TokenAnswer>(), grantId: approval.grant.id }
}

const now = () => Math.floor(context.clock() / 1000)

async function standing(changes: Partial<Grant> = {}, lifeSeconds = 86_400): Promise<Grant> {
  const grant: Grant = {
    id: newGrantId(),
    clientId: client.clientId,
    identity: OCTOCAT,
    scopes: ['mcp'],
    resource: 'https://gate.test/memory/mcp',
    createdAt: now(),
    ...changes,
  }
  await context.stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt: now() + lifeSeconds })
  return grant
}

const mint = (grant: Grant, changes: Partial<Parameters<typeof mintAccessToken>[2]> = {}) =>
  mintAccessToken(context.keys.current(), 'https://gate.test', {
    grant,
    audience: grant.resource,
    scopes: grant.scopes,
    issuedAt: now(),
    expiresAt: now() + 3600,
    ...changes,
  })

const personal = (changes: Partial<Grant> = {}) => addPersonalToken(context, changes)

describe('a client that asks about its own', () => {
  it('access token learns all of it', async () => {
    const { access_token: token } = await signIn()
    const { jti } = readPayload(token)
    expect(await answerTo(client, token)).toEqual({
      active: true,
      iss: 'https://gate.test',
      sub: OCTOCAT.subject,
      aud: 'https://gate.test/memory/mcp',
      client_id: client.clientId,
      username: 'octocat',
      scope: 'mcp',
      token_type: 'Bearer',
      iat: now(),
      exp: now() + 3600,
      jti,
    })
  })

  it('refresh token learns that it is the one that counts, and nothing of one that was replaced', async () => {
    const tokens = await signIn()
    expect(await answerTo(client, tokens.refresh_token)).toEqual({
      active: true,
      iss: 'https://gate.test',
      sub: OCTOCAT.subject,
      aud: 'https://gate.test/memory/mcp',
      client_id: client.clientId,
      username: 'octocat',
      scope: 'mcp',
      iat: now(),
      exp: now() + 7_776_000,
    })
    const next = (await at().refresh(tokens.refresh_token, { client_secret: client.secret })).json<TokenAnswer>()
    expect(await answerTo(client, tokens.refresh_token)).toEqual(INACTIVE)
    expect(await answerTo(client, next.refresh_token)).toMatchObject({ active: true })
  })

  it('token that is bound to a key, and that an agent holds, learns both (RFC 9449 §6.2, RFC 8693 §4.1)', async () => {
    const grant = await standing({ clientId: 'somebody-else' })
    const act = { sub: `client:${agent.clientId}`, client_id: agent.clientId }
    const token = mint(grant, { clientId: agent.clientId, jkt: 'thumbprint', act })
    expect(await answerTo(agent, token)).toMatchObject({ token_type: 'DPoP', cnf: { jkt: 'thumbprint' }, act })
  })

  it('token that an agent holds is not active once the operator no longer lists that agent', async () => {
    const act = { sub: 'client:removed', client_id: 'removed' }
    expect(await answerTo(server, mint(await standing(), { clientId: 'removed', act }))).toEqual(INACTIVE)
  })

  it.each(['access_token', 'refresh_token', 'pac-man', undefined])('under the hint %s learns the same', async (hint) => {
    const tokens = await signIn()
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect(await answerTo(client, token, { token_type_hint: hint })).toMatchObject({ active: true })
    }
  })
})

describe('a client that the operator set up', () => {
  it('may ask about every access token, as a server does to which it is shown', async () => {
    const { access_token: token } = await signIn()
    expect(await answerTo(server, token)).toMatchObject({ active: true, client_id: client.clientId })
  })

  it('may ask about personal access tokens', async () => {
    const { grant, token } = await personal()
    expect(await answerTo(server, token)).toEqual({
      active: true,
      iss: 'https://gate.test',
      sub: OCTOCAT.subject,
      aud: 'https://gate.test/memory/mcp',
      client_id: 'personal-token',
      username: 'octocat',
      scope: 'mcp',
      token_type: 'Bearer',
      iat: grant.createdAt,
      exp: grant.createdAt + 86_400,
    })
  })

  it('learns nothing of a personal access token where the operator has switched them off, as at /verify', async () => {
    const { token } = await personal()
    const environment = { PERSONAL_TOKEN_MAX_DAYS: '0' }
    const off = await open(await createTestContext({ clientsFile: CLIENTS_FILE, environment, replicaOf: context }))
    expect(await answerTo(server, token, {}, 'application/json', off)).toEqual(INACTIVE)
    await off.close()
  })

  it('learns of a personal access token that it ends as early as the operator lets them end now', async () => {
    const { grant, token } = await personal()
    const life = { expiresAt: grant.createdAt + 30 * 86_400 }
    await context.stores.grants.revoke(grant.id)
    await context.stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, ...life })
    const environment = { PERSONAL_TOKEN_MAX_DAYS: '7' }
    const shorter = await open(await createTestContext({ clientsFile: CLIENTS_FILE, environment, replicaOf: context }))
    expect(await answerTo(server, token, {}, 'application/json', shorter)).toMatchObject({ exp: grant.createdAt + 7 * 86_400 })
    await shorter.close()
  })

  it('may not ask about refresh tokens, which nobody shows to a server', async () => {
    expect(await answerTo(server, (await signIn()).refresh_token)).toEqual(INACTIVE)
  })

  it.each([
    ['the same server', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp', true],
    ['the same server with a slash', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp/', true],
    ['a server out of all', 'https://gate.test', 'https://gate.test/docs/mcp', true],
    ['another server', 'https://gate.test/memory/mcp', 'https://gate.test/docs/mcp', false],
    ['all servers, with a token for one', 'https://gate.test/memory/mcp', 'https://gate.test', false],
    ['this server and another', 'https://gate.test/memory/mcp', 'https://gate.test/memory/mcp https://gate.test/docs/mcp', false],
    ['a server of somebody else', 'https://gate.test', 'https://evil.test/mcp', false],
    ['no URL', 'https://gate.test', 'memory', false],
  ])('may ask whether a token is for %s (REV-06)', async (_what, own, asked, active) => {
    const token = mint(await standing({ resource: own }))
    const answer = await answerTo(server, token, { resource: asked })
    expect(answer).toEqual(active ? expect.objectContaining({ active: true, aud: own }) : INACTIVE)
  })
})

describe('exactly {"active":false} and nothing else is said of (REV-06)', () => {
  it.each(['x', 'a.b.c', `ref_${'x'.repeat(87)}`, `pat_${'x'.repeat(65)}`, ' ', 'ü'.repeat(9000)])(
    'garbage: %.20s',
    async (token) => {
      for (const who of [client, server]) expect((await ask(who, token)).body).toBe('{"active":false}')
    },
  )

  it('another client’s access and refresh token, and a person’s own token', async () => {
    const other = await addClient(context, {}, 'client_secret_post')
    const tokens = await signIn()
    for (const token of [tokens.access_token, tokens.refresh_token, (await personal()).token]) {
      expect((await ask(other, token)).body).toBe('{"active":false}')
    }
  })

  it('a token by a key that is not ours, or changed by a letter', async () => {
    const { access_token: token } = await signIn()
    const [header, payload = '', signature] = token.split('.')
    const changed = Buffer.from(payload, 'base64url').toString().replace('"scope":"mcp"', '"scope":"all"')
    const forged = `${header}.${Buffer.from(changed).toString('base64url')}.${signature}`
    expect((await ask(server, forged)).body).toBe('{"active":false}')
  })

  it('an ID token and a signed answer, which are no tokens to show', async () => {
    const { id_token: idToken, access_token: token } = await signIn({ scopes: ['mcp', 'openid'] })
    const signed = (await ask(client, token, {}, SIGNED)).body
    for (const jwt of [idToken, signed]) expect((await ask(client, jwt)).body).toBe('{"active":false}')
  })

  it('a token that is over, from its very end on, without the minute that /verify allows', async () => {
    const token = mint(await standing(), { expiresAt: now() + 600 })
    context.advance(599)
    expect(await answerTo(server, token)).toMatchObject({ active: true })
    context.advance(1)
    expect((await ask(server, token)).body).toBe('{"active":false}')
  })

  it('a token whose server is gone, whose person may no longer use it, or is no longer let in', async () => {
    const { access_token: token } = await signIn()
    const changed: Parameters<typeof createTestContext>[0][] = [
      { servers: { docs: { url: 'http://docs/mcp' } } },
      { servers: { memory: { command: 'x', allow: ['github:somebody-else'] } } },
      { environment: { ALLOWED_USERS: 'github:somebody-else' } },
    ]
    for (const options of changed) {
      const later = await open(await createTestContext({ clientsFile: CLIENTS_FILE, ...options, replicaOf: context }))
      expect((await ask(server, token, {}, undefined, later)).body).toBe('{"active":false}')
      await later.close()
    }
  })

  it('a program that the operator no longer lets act for itself', async () => {
    const identity = machineIdentity({ clientId: 'nightly' })
    const grant = await standing({ clientId: 'nightly', identity, via: 'client_credentials' })
    const nightly = { client_id: 'nightly', client_secret: 'y'.repeat(40), grant_types: ['client_credentials'] }
    const listing = { clients: [...CLIENTS_FILE.clients, nightly] }
    const before = await open(await createTestContext({ clientsFile: listing, replicaOf: context }))
    const answer = await answerTo(server, mint(grant), {}, undefined, before)
    expect(answer).toMatchObject({ active: true, sub: 'client:nightly', username: 'nightly' })
    expect((await ask(server, mint(grant))).body).toBe('{"active":false}')
    await before.close()
  })
})

describe('what was revoked is not active at once, on every replica (REV-01, REV-06)', () => {
  it('an access token, and no other of its sign-in', async () => {
    const tokens = await signIn()
    const next = (await at().refresh(tokens.refresh_token, { client_secret: client.secret })).json<TokenAnswer>()
    for (const one of [app, replica])
      expect(await answerTo(server, tokens.access_token, {}, undefined, one)).toMatchObject({ active: true })
    await at().revoke(tokens.access_token, { client_secret: client.secret })
    for (const one of [app, replica]) {
      expect(await answerTo(server, tokens.access_token, {}, undefined, one)).toEqual(INACTIVE)
      expect(await answerTo(server, next.access_token, {}, undefined, one)).toMatchObject({ active: true })
      expect(await answerTo(client, next.refresh_token, {}, undefined, one)).toMatchObject({ active: true })
    }
  })

  it('everything of a sign-in whose refresh token was given back', async () => {
    const tokens = await signIn()
    await at().revoke(tokens.refresh_token, { client_secret: client.secret })
    for (const one of [app, replica]) {
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        expect(await answerTo(client, token, {}, undefined, one)).toEqual(INACTIVE)
      }
    }
  })

  it('a personal access token', async () => {
    const { token } = await personal()
    expect(await answerTo(server, token, {}, undefined, replica)).toMatchObject({ active: true })
    await at().revoke(token, { client_secret: client.secret })
    expect(await answerTo(server, token, {}, undefined, replica)).toEqual(INACTIVE)
  })
})

describe('POST /introspect refuses', () => {
  it('clients that cannot prove who they are, whatever they ask about (REV-05)', async () => {
    const open = await addClient(context)
    const { access_token: token } = (await tokenClient(app, open).signIn(context)) as TokenAnswer
    for (const fields of [{ client_secret: undefined }, { client_secret: '' }]) {
      const response = await ask(open, token, fields)
      expect([response.statusCode, response.json().error]).toEqual([401, 'invalid_client'])
      expect(response.headers['www-authenticate']).toBe('Basic realm="Gatehouse"')
    }
  })

  it('a client that could prove who it is, and does not this time (REV-05)', async () => {
    const both = { tokenEndpointAuthMethods: ['none', 'private_key_jwt'] } as const
    const chooser = await addClient(context, { ...both, jwks: { keys: [] } })
    expect((await ask(chooser, 'x', { client_secret: undefined })).statusCode).toBe(401)
  })

  it.each<[string, Fields]>([
    ['nobody', { client_id: undefined, client_secret: undefined }],
    ['an unknown client', { client_id: 'cli_unknown' }],
    ['a wrong secret', { client_secret: 'wrong' }],
    ['a client without its secret', { client_secret: undefined }],
  ])('%s by 401 (REV-05)', async (_what, fields) => {
    const response = await ask(server, 'x', fields)
    expect([response.statusCode, response.json().error]).toEqual([401, 'invalid_client'])
    expect(response.headers['cache-control']).toBe('no-store')
  })

  it('a question without a token', async () => {
    expect((await ask(server, undefined)).json()).toMatchObject({ error: 'invalid_request' })
  })

  it('other methods with 405, other bodies with 415, parameters in the URL with 400', async () => {
    const get = await app.inject({ method: 'GET', url: '/introspect?token=x' })
    expect([get.statusCode, get.headers.allow]).toEqual([405, 'POST, OPTIONS'])
    const headers = { 'content-type': 'application/json' }
    expect((await app.inject({ method: 'POST', url: '/introspect', headers, payload: '{}' })).statusCode).toBe(415)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await app.inject({ method: 'POST', url: '/introspect?token=x', headers: form, payload: '' })).statusCode).toBe(400)
    const preflight = await app.inject({ method: 'OPTIONS', url: '/introspect', headers: { origin: 'https://a.test' } })
    expect([preflight.statusCode, preflight.headers['access-control-allow-methods']]).toEqual([204, 'POST, OPTIONS'])
  })

  it('to guess while the store is away: 503, never {"active":false}', async () => {
    const { access_token: token } = await signIn()
    const fault = vi.spyOn(context.stores.grants, 'find').mockRejectedValueOnce(new StoreUnavailableError('away'))
    const response = await ask(server, token)
    expect([response.statusCode, response.json().error]).toEqual([503, 'temporarily_unavailable'])
    fault.mockRestore()
  })
})

describe('a signed answer (RFC 9701)', () => {
  const verify = (jwt: string) =>
    jwtVerify(jwt, createLocalJWKSet(context.keys.jwks() as never), {
      typ: 'token-introspection+jwt',
      issuer: 'https://gate.test',
      audience: server.clientId,
      currentDate: new Date(context.clock()),
    })

  it.each([SIGNED, `${SIGNED}, application/json;q=0.9`, `${SIGNED};q=0.9, text/plain`])(
    'comes when asked for: %s',
    async (accept) => {
      const { access_token: token } = await signIn()
      const response = await ask(server, token, {}, accept)
      expect(response.headers).toMatchObject({ 'content-type': SIGNED, 'cache-control': 'no-store' })
      const { payload } = await verify(response.body)
      expect(payload).toEqual({
        iss: 'https://gate.test',
        aud: server.clientId,
        iat: now(),
        token_introspection: await answerTo(server, token),
      })
    },
  )

  it.each(['application/json', '*/*', '', `${SIGNED};q=0`, `application/json, ${SIGNED};q=0.5`])(
    'does not come for: %s',
    async (accept) => {
      expect((await ask(server, 'x', {}, accept)).headers['content-type']).toBe('application/json; charset=utf-8')
    },
  )

  it('says of a token that is not active nothing else either (REV-06)', async () => {
    const { payload } = await verify((await ask(server, 'x', {}, SIGNED)).body)
    expect(payload.token_introspection).toEqual(INACTIVE)
  })

  it('never passes for an access token', async () => {
    const { access_token: token } = await signIn()
    const read = createAccessTokenReader(context.keys, 'https://gate.test', context.clock)
    expect(read((await ask(server, token, {}, SIGNED)).body)).toEqual({ outcome: 'malformed' })
  })
})
