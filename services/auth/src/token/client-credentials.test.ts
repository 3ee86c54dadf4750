import { afterAll, describe, expect, it } from 'vitest'
import { configuredClient, startTokenEndpoint, withClients } from '../testing/machines.ts'
import { createTestContext } from '../testing/test-context.ts'
import { addClient, readPayload } from '../testing/token-client.ts'
import { clientCredentialsGrant } from './client-credentials.ts'

const MACHINE = { grantTypes: ['client_credentials'] }
const base = await createTestContext({
  servers: {
    memory: { command: 'x', scopes: { read: ['get-*'], write: ['*'] } },
    docs: { url: 'http://docs/mcp', allow: ['client:ci'] },
    people: { url: 'http://people/mcp', allow: ['github:octocat'] },
    everyone: { url: 'http://everyone/mcp', allow: ['*'] },
    other: { command: 'x', scopes: { other: ['*'] } },
  },
})
const context = withClients(base, [
  configuredClient('ci', { ...MACHINE, clientName: 'Nightly build', scope: 'read mcp' }),
  configuredClient('backup', { ...MACHINE, tokenEndpointAuthMethod: 'private_key_jwt' }),
  configuredClient('public', { ...MACHINE, tokenEndpointAuthMethod: 'none' }),
  configuredClient('website', { grantTypes: ['authorization_code'] }),
  configuredClient('document', { ...MACHINE, source: 'metadata' }),
])
const { app, ask } = await startTokenEndpoint(context)
afterAll(() => app.close())

const registered = await addClient(base, { grantTypes: ['client_credentials'] }, 'client_secret_post')
const server = (name: string) => `${context.config.PUBLIC_URL}/${name}/mcp`
const asCi = (fields: Readonly<Record<string, string>> = {}) =>
  ask({ grant_type: 'client_credentials', client_id: 'ci', ...fields })

describe('a program that acts for itself', () => {
  it('gets a token for the server it names, by a subject that no person has, and no refresh token (TOK-01, RFC 9700 §4.15)', async () => {
    const { status, headers, body } = await asCi({ resource: server('memory') })
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: context.config.ACCESS_TOKEN_TTL,
      scope: 'read',
    })
    const claims = readPayload(body.access_token)
    expect(claims).toMatchObject({ iss: context.config.PUBLIC_URL, sub: 'client:ci', client_id: 'ci', aud: server('memory') })
    const active = await context.stores.grants.find(String(claims.grant_id))
    expect(active?.grant).toMatchObject({
      via: 'client_credentials',
      identity: { provider: 'client', login: 'ci', name: 'Nightly build' },
    })
  })

  it('gets one for every server it may use when it names none', async () => {
    const { body } = await asCi()
    expect(readPayload(body.access_token)).toMatchObject({ aud: context.config.PUBLIC_URL, scope: 'read mcp' })
  })

  it('has its key in the token when it proved one (RFC 9449)', async () => {
    const client = configuredClient('ci', MACHINE)
    const answer = await clientCredentialsGrant(context).redeem({
      params: { resource: server('memory') },
      client,
      log: app.log,
      jkt: 'thumbprint',
    })
    expect(answer.token_type).toBe('DPoP')
    expect(readPayload(answer.access_token).cnf).toEqual({ jkt: 'thumbprint' })
  })

  it.each<[string, string, string]>([
    ['names it', 'docs', 'ci'],
    ['lets everybody in', 'everyone', 'backup'],
    ['is not there', 'memory', 'backup'],
  ])('may use a server whose allow list %s', async (_what, name, clientId) => {
    const { status } = await ask({ grant_type: 'client_credentials', client_id: clientId, resource: server(name) })
    expect(status).toBe(200)
  })

  it.each<[string, Readonly<Record<string, string>>, string, string]>([
    [
      'a server whose allow list is of people',
      { client_id: 'ci', resource: server('people') },
      'invalid_target',
      'not_on_server_list',
    ],
    [
      'a server whose allow list is of another program',
      { client_id: 'backup', resource: server('docs') },
      'invalid_target',
      'not_on_server_list',
    ],
    [
      'a server that is not here',
      { client_id: 'ci', resource: 'https://elsewhere.test/mcp' },
      'invalid_target',
      'resource_foreign',
    ],
    [
      'two servers at once',
      { client_id: 'ci', resource: `${server('memory')} ${server('docs')}` },
      'invalid_target',
      'resource_several',
    ],
    [
      'a server of whose scopes the file gives it none',
      { client_id: 'ci', resource: server('other') },
      'invalid_scope',
      'no_scope_left',
    ],
    ['a client without a secret or a key', { client_id: 'public' }, 'unauthorized_client', 'client_public'],
    ['a client that registered itself', { client_id: registered.clientId }, 'unauthorized_client', 'client_not_configured'],
    ['a client by its metadata document', { client_id: 'document' }, 'unauthorized_client', 'client_not_configured'],
    [
      'a client of the file without this grant (TOK-13)',
      { client_id: 'website' },
      'unauthorized_client',
      'grant_type_not_registered',
    ],
    ['nobody (TOK-10)', { client_id: 'nobody' }, 'invalid_client', 'client_unknown'],
  ])('is refused for %s', async (_what, fields, error, reason) => {
    const { status, headers, body } = await ask({ grant_type: 'client_credentials', ...fields })
    expect([status, body.error]).toEqual([error === 'invalid_client' ? 401 : 400, error])
    expect(headers['cache-control']).toBe('no-store')
    expect(context.logs()).toContain(`"reason":"${reason}"`)
  })
})

it('is not told of grants that the operator did not switch on (TOK-13)', async () => {
  const assertion = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', client_id: 'ci', assertion: 'a.b.c' }
  const { status, body } = await ask(assertion)
  expect([status, body.error]).toEqual([400, 'unsupported_grant_type'])
})

describe('a program that asks again and again', () => {
  const grants = () => context.stores.grants.listBySubject('client:backup')
  const askOften = async (times: number, fields: Readonly<Record<string, string>> = {}) => {
    for (let time = 0; time < times; time++) {
      await ask({ grant_type: 'client_credentials', client_id: 'backup', resource: server('memory'), ...fields })
    }
  }

  it('has one record for all its tokens of a server, whatever scopes they have, and two at most over time', async () => {
    await askOften(20)
    await askOften(20, { scope: 'write' })
    expect((await grants()).filter(({ grant }) => grant.resource === server('memory'))).toHaveLength(1)
    for (let hour = 0; hour < 5; hour++) {
      base.advance(context.config.ACCESS_TOKEN_TTL)
      await askOften(3)
    }
    expect((await grants()).filter(({ grant }) => grant.resource === server('memory')).length).toBeLessThanOrEqual(2)
  })

  it('never gets a token that its record does not outlive', async () => {
    for (const seconds of [0, 1, 1799, 1800, 1801, 3599]) {
      base.advance(seconds)
      const { body } = await ask({ grant_type: 'client_credentials', client_id: 'backup', resource: server('memory') })
      const { grant_id: grantId, exp } = readPayload(body.access_token)
      expect((await context.stores.grants.find(String(grantId)))?.expiresAt).toBeGreaterThanOrEqual(Number(exp) + 60)
    }
  })

  it('gets a new record, not the old one back, when that was ended', async () => {
    const first = await asCi({ resource: server('memory') })
    const grantId = String(readPayload(first.body.access_token).grant_id)
    await context.stores.grants.revoke(grantId)
    const second = await asCi({ resource: server('memory') })
    expect(readPayload(second.body.access_token).grant_id).not.toBe(grantId)
    expect(await context.stores.grants.find(grantId)).toBeUndefined()
  })

  it('gets good tokens when it asks fifty times at once', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => asCi({ resource: server('docs') })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    for (const { body } of replies) {
      expect(await context.stores.grants.find(String(readPayload(body.access_token).grant_id))).toBeDefined()
    }
  })
})
