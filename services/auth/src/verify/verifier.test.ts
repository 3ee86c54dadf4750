import { jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintAccessToken } from '../keys/access-token.ts'
import { signJwt } from '../keys/jwt.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { endGrant } from '../store/end-grant.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestContext, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import type { VerifyAnswer, VerifyRequest } from './answer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const servers = {
  memory: { command: 'x' },
  docs: { url: 'http://docs/mcp' },
  tools: { command: 'x', scopes: { read: ['get_*', 'näme'], write: ['put_*'] } },
  private: { command: 'x', allow: ['github:somebody-else'] },
}
const URL_OF = (name: string) => `https://gate.test/${name}/mcp`
const ROOT = 'https://gate.test'

let context: TestContext
let verifier: Verifier
let reads = 0
let failure: Error | undefined
beforeAll(async () => {
  const base = await createTestContext({ servers })
  const find: typeof base.stores.grants.find = async (grantId) => {
    reads++
    if (failure) throw failure
    return base.stores.grants.find(grantId)
  }
  context = { ...base, stores: { ...base.stores, grants: { ...base.stores.grants, find } } }
  verifier = createVerifier(context)
})
beforeEach(() => {
  failure = undefined
})
afterAll(() => context.stores.close())

const now = () => Math.floor(context.clock() / 1000)

/** A live grant and a token of it. */
async function issue(
  changes: Partial<Grant> = {},
  token: { audience?: string; expiresAt?: number; grantExpiresAt?: number } = {},
) {
  const grant: Grant = {
    id: newGrantId(),
    clientId: 'cli_test',
    identity: OCTOCAT,
    scopes: ['mcp'],
    resource: URL_OF('memory'),
    createdAt: now(),
    ...changes,
  }
  await context.stores.grants.create(grant, { refreshHash: grant.id, expiresAt: token.grantExpiresAt ?? now() + 86_400 })
  const accessToken = mintAccessToken(context.keys.current(), ROOT, {
    grant,
    audience: token.audience ?? grant.resource,
    scopes: grant.scopes,
    issuedAt: now(),
    expiresAt: token.expiresAt ?? now() + 3600,
  })
  return { grant, authorization: `Bearer ${accessToken}` }
}

const ask = async (
  authorization: string | undefined,
  uri = '/memory/mcp',
  changes: Partial<VerifyRequest> = {},
  of = verifier,
): Promise<VerifyAnswer> =>
  of.answer({
    method: 'POST',
    uri,
    authorization,
    dpop: undefined,
    protocolVersion: undefined,
    mcpMethod: undefined,
    mcpName: undefined,
    ...changes,
  })
const challengeOf = (answer: VerifyAnswer) => answer.headers['www-authenticate']

describe('without credentials', () => {
  it.each(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'BREW'])(
    '%s is 401 with a challenge that names no error (rules 1, 2, VER-01)',
    async (method) => {
      const answer = await ask(undefined, '/memory/mcp', { method })
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toBe(
        'Bearer resource_metadata="https://gate.test/.well-known/oauth-protected-resource/memory/mcp", scope="mcp"',
      )
      expect(JSON.parse(answer.body)).toEqual({ error: 'invalid_token', error_description: expect.any(String) })
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/)
    },
  )

  it('the metadata is that of the URL as it was spelled (rule 4)', async () => {
    expect(challengeOf(await ask(undefined, '/memory/mcp/?x=1'))).toContain('/oauth-protected-resource/memory/mcp/"')
  })

  it('the scope is the least that a server has', async () => {
    expect(challengeOf(await ask(undefined, '/tools/mcp'))).toContain('scope="read"')
  })

  it.each(['Basic dXNlcjpwYXNz', 'Digest username="x"', 'x', ''])(
    'of a kind we know: %s, it is the same (VER-03)',
    async (authorization) => {
      const answer = await ask(authorization)
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).not.toContain('error')
    },
  )
})

describe('a good token', () => {
  it.each(['GET', 'HEAD', 'POST', 'DELETE'])('lets %s through, with who it is (decision 7)', async (method) => {
    const { grant, authorization } = await issue()
    const answer = await ask(authorization, '/memory/mcp?x=1', { method })
    expect(answer).toEqual({
      status: 200,
      headers: {
        'x-auth-subject': 'github:583231',
        'x-auth-user': 'octocat',
        'x-auth-email': 'octocat@example.com',
        'x-auth-client': 'cli_test',
        'x-auth-scopes': 'mcp',
        'x-auth-assertion': expect.any(String),
        'x-request-id': expect.any(String),
      },
      body: '',
    })
    const { payload, protectedHeader } = await jwtVerify(
      answer.headers['x-auth-assertion'] ?? '',
      context.keys.current().publicKey,
      {
        currentDate: new Date(context.clock()),
      },
    )
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'gatehouse-assertion+jwt', kid: context.keys.current().kid })
    expect(payload).toEqual({
      iss: ROOT,
      aud: URL_OF('memory'),
      sub: 'github:583231',
      client_id: 'cli_test',
      scope: 'mcp',
      grant_id: grant.id,
      iat: now(),
      exp: now() + 60,
      jti: expect.any(String),
      provider: 'github',
      login: 'octocat',
      email: 'octocat@example.com',
      name: 'The Octocat',
      organizations: ['github'],
      teams: ['github/hubbers'],
    })
  })

  it.each(['bearer', 'BEARER', 'Bearer  '])('is taken under the scheme %s (VER-03)', async (scheme) => {
    const { authorization } = await issue()
    expect((await ask(authorization.replace('Bearer', scheme))).status).toBe(200)
  })

  it('is known at once the second time, and each request has an id of its own', async () => {
    const { authorization } = await issue()
    const first = await ask(authorization)
    const before = reads
    const again = verifier.answer({
      method: 'POST',
      uri: '/memory/mcp',
      authorization,
      dpop: undefined,
      protocolVersion: undefined,
      mcpMethod: undefined,
      mcpName: undefined,
    })
    expect(again).not.toBeInstanceOf(Promise)
    expect(reads).toBe(before)
    expect(again).toMatchObject({ status: 200 })
    expect((again as VerifyAnswer).headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    expect((again as VerifyAnswer).headers['x-auth-assertion']).toBe(first.headers['x-auth-assertion'])
  })

  it('has an assertion with half its life before it', async () => {
    const { authorization } = await issue()
    const first = await ask(authorization)
    context.advance(29)
    expect((await ask(authorization)).headers['x-auth-assertion']).toBe(first.headers['x-auth-assertion'])
    context.advance(1)
    expect((await ask(authorization)).headers['x-auth-assertion']).not.toBe(first.headers['x-auth-assertion'])
  })

  it('says in ASCII who has a name in other letters, and no headers for what is not there', async () => {
    const identity = {
      subject: 'oidc:ü 1',
      provider: 'oidc',
      login: 'jürgen\r\nx: y',
      groups: ['Entwickler', 'a,b', 'ops'],
      organizations: [],
      teams: [],
    }
    const context2 = await createTestContext({ replicaOf: context, servers, environment: { ALLOWED_USERS: '*' } })
    const { authorization } = await issue({ identity })
    const { headers } = await ask(authorization, '/memory/mcp', {}, createVerifier(context2))
    expect(headers).toMatchObject({
      'x-auth-subject': 'oidc%3A%C3%BC%201',
      'x-auth-user': 'j%C3%BCrgen%0D%0Ax%3A%20y',
      'x-auth-groups': 'Entwickler,a%2Cb,ops',
    })
    expect(headers).not.toHaveProperty('x-auth-email')
  })

  it('of somebody in 500 groups has a header that servers can take, and an assertion that the bridge can', async () => {
    const groups = Array.from({ length: 500 }, (_, index) => `group-${index}-${'x'.repeat(30)}`)
    const context2 = await createTestContext({ replicaOf: context, servers, environment: { ALLOWED_USERS: '*' } })
    const { authorization } = await issue({ identity: { ...OCTOCAT, groups } })
    const { headers } = await ask(authorization, '/memory/mcp', {}, createVerifier(context2))
    expect(headers['x-auth-groups']?.length).toBeLessThanOrEqual(4096)
    expect(groups).toContain(headers['x-auth-groups']?.split(',').at(-1))
    // services/bridge/src/assertion/verify-assertion.ts
    expect(headers['x-auth-assertion']?.length).toBeLessThan(16 * 1024)
  })
})

describe('a token that does not hold is 401 invalid_token', () => {
  it.each<[string, (authorization: string) => string]>([
    ['no JWT', () => 'Bearer nonsense'],
    ['nothing', () => 'Bearer '],
    ['nothing at all', () => 'Bearer'],
    ['two tokens', (authorization) => `${authorization} x`],
    ['two headers (VER-03)', (authorization) => `${authorization}, ${authorization}`],
    ['Basic before it (VER-03)', (authorization) => `Basic eDp5, ${authorization}`],
    ['a changed end', (authorization) => `${authorization.slice(0, -4)}AAAA`],
    ['9,000 characters (JWT-09)', () => `Bearer ${'x'.repeat(9000)}`],
    ['control characters', (authorization) => `${authorization}\u0000`],
    ['a refresh token (REF-09)', () => `Bearer ref_${'x'.repeat(87)}`],
    ['another issuer', () => `Bearer ${signJwt(context.keys.current(), 'at+jwt', { iss: 'https://evil.test' })}`],
    [
      'an unknown key',
      () =>
        `Bearer ${Buffer.from(`{"alg":"ES256","typ":"at+jwt","kid":"${'k'.repeat(43)}"}`).toString('base64url')}.e30.${'A'.repeat(86)}`,
    ],
  ])('%s (VER-02)', async (_what, change) => {
    const { authorization } = await issue()
    for (let time = 0; time < 2; time++) {
      const answer = await ask(change(authorization))
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toMatch(
        /^Bearer error="invalid_token", error_description="[^"\\]+", resource_metadata="[^"]+", scope="mcp"$/,
      )
    }
  })

  it.each([
    [59, 200],
    [60, 401],
  ])('%i seconds past its end it is %i (JWT-08, rule 34)', async (past, status) => {
    const { authorization } = await issue({}, { expiresAt: now() + 10 })
    expect((await ask(authorization)).status).toBe(200)
    context.advance(10 + past)
    expect((await ask(authorization)).status).toBe(status)
  })

  it('when its grant has expired', async () => {
    const { authorization } = await issue({}, { grantExpiresAt: now() + 3 })
    expect((await ask(authorization)).status).toBe(200)
    context.advance(3)
    expect((await ask(authorization)).status).toBe(401)
  })

  it('when it has no grant at all, for the record is what counts (decision 1)', async () => {
    const { grant, authorization } = await issue()
    await context.stores.grants.revoke(grant.id)
    expect((await ask(authorization)).status).toBe(401)
  })

  it('at another server than its own, with that one’s challenge (AUD-01)', async () => {
    const { authorization } = await issue()
    expect((await ask(authorization)).status).toBe(200)
    const answer = await ask(authorization, '/docs/mcp')
    expect(answer.status).toBe(401)
    expect(challengeOf(answer)).toContain('/oauth-protected-resource/docs/mcp"')
    expect((await ask(authorization)).status).toBe(200)
  })

  it('for an audience that only looks like ours', async () => {
    for (const audience of [`${URL_OF('memory')}/`, `${ROOT}/`, 'https://gate.test/memory', '']) {
      expect((await ask((await issue({}, { audience })).authorization)).status).toBe(401)
    }
  })
})

describe('a path', () => {
  it.each([
    '/unknown/mcp',
    '/memory',
    '/memory/mcp/x',
    '/memory//mcp',
    '//memory/mcp',
    '/MEMORY/mcp',
    '/%6demory/mcp',
    '/memory%2Fmcp',
    '/docs/../memory/mcp',
    '/memory/mcp;x',
    '/memory/mcp#x',
    '/memory/mcp\\',
    'https://gate.test/memory/mcp',
    'memory/mcp',
    '*',
    '/',
    '',
    '/.well-known/x?/memory/mcp',
  ])('that is none of ours, byte for byte, is 404 with any token: %s', async (uri) => {
    const { authorization } = await issue({ resource: ROOT })
    for (const credentials of [undefined, authorization]) expect((await ask(credentials, uri)).status).toBe(404)
  })

  it.each(['/memory/mcp', '/memory/mcp/', '/memory/mcp?', '/memory/mcp?x=/healthz', '/memory/mcp?#/.well-known'])(
    'of ours is: %s (VER-12)',
    async (uri) => {
      expect((await ask(undefined, uri)).status).toBe(401)
      expect((await ask((await issue()).authorization, uri)).status).toBe(200)
    },
  )
})

describe('revocation (REV-07)', () => {
  it('counts at once, on every replica', async () => {
    const { grant, authorization } = await issue()
    const replica = createVerifier(await createTestContext({ replicaOf: context, servers }))
    for (const each of [verifier, replica]) expect((await ask(authorization, '/memory/mcp', {}, each)).status).toBe(200)
    await endGrant(context.stores, grant.id)
    for (const each of [verifier, replica]) expect((await ask(authorization, '/memory/mcp', {}, each)).status).toBe(401)
  })

  it('is found within five seconds when its message was lost', async () => {
    const { grant, authorization } = await issue()
    expect((await ask(authorization)).status).toBe(200)
    await context.stores.grants.revoke(grant.id)
    context.advance(4)
    expect((await ask(authorization)).status).toBe(200)
    context.advance(1)
    expect((await ask(authorization)).status).toBe(401)
  })

  it('is found within five seconds although the clock was set back', async () => {
    const { grant, authorization } = await issue()
    expect((await ask(authorization)).status).toBe(200)
    await context.stores.grants.revoke(grant.id)
    context.advance(-30)
    expect((await ask(authorization)).status).toBe(401)
    context.advance(30)
  })
})

describe('the store', () => {
  it('is asked once for a hundred at the same time', async () => {
    const { authorization } = await issue()
    const before = reads
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(authorization)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(reads).toBe(before + 1)
  })

  it('away is 503 with Retry-After, never 401; what is known stays so for its five seconds (FLT-01, decision 1)', async () => {
    const known = await issue()
    const unknown = await issue()
    expect((await ask(known.authorization)).status).toBe(200)
    failure = new StoreUnavailableError(new Error('test'))
    expect((await ask(known.authorization)).status).toBe(200)
    for (const wait of [0, 5]) {
      context.advance(wait)
      const answer = await ask(wait === 0 ? unknown.authorization : known.authorization)
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toBe('2')
      expect(challengeOf(answer)).toBeUndefined()
    }
    failure = undefined
    for (const { authorization } of [known, unknown]) expect((await ask(authorization)).status).toBe(200)
  })

  it('failing as nobody expected is 500, and never lets anybody in', async () => {
    const { authorization } = await issue()
    failure = new TypeError('undefined is not a function')
    const answer = await ask(authorization)
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('undefined')
    expect(context.logs()).toContain('undefined is not a function')
  })

  it('is not asked about garbage', async () => {
    const before = reads
    const { authorization } = await issue()
    for (const change of ['x', `${authorization.slice(0, -4)}AAAA`]) await ask(change)
    expect(reads).toBe(before)
  })
})

describe('a person', () => {
  it('who is no longer allowed is sent to the sign-in, which says why (CON-17)', async () => {
    const stricter = await createTestContext({ replicaOf: context, servers, environment: { ALLOWED_USERS: 'github:other' } })
    const answer = await ask((await issue()).authorization, '/memory/mcp', {}, createVerifier(stricter))
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  it('who may not use one server goes on to the bridge, which refuses in a form that clients show', async () => {
    const { authorization } = await issue({ resource: ROOT })
    for (const path of ['/private/mcp', '/docs/mcp']) expect((await ask(authorization, path)).status).toBe(200)
  })

  it('who is the operator may use every server', async () => {
    const { authorization } = await issue({
      resource: ROOT,
      identity: { ...OCTOCAT, provider: 'password', subject: 'password:operator' },
    })
    expect((await ask(authorization, '/private/mcp')).status).toBe(200)
  })
})

describe('a token for every server', () => {
  it('has an assertion for each, good for that one alone', async () => {
    const { authorization } = await issue({ resource: ROOT })
    for (const name of ['memory', 'docs']) {
      const assertion = (await ask(authorization, `/${name}/mcp`)).headers['x-auth-assertion'] ?? ''
      await jwtVerify(assertion, context.keys.current().publicKey, {
        audience: URL_OF(name),
        currentDate: new Date(context.clock()),
      })
    }
  })
})

describe('scopes (rule 36, SCP-01)', () => {
  const call = (mcpName: string | undefined, protocolVersion: string | undefined = '2026-07-28', mcpMethod = 'tools/call') => ({
    mcpName,
    protocolVersion,
    mcpMethod,
  })
  const tools = { resource: URL_OF('tools') }

  it('of another server are not enough: the answer names what is there and what is missing', async () => {
    const { authorization } = await issue({ ...tools, scopes: ['mcp', 'openid'] })
    const answer = await ask(authorization, '/tools/mcp')
    expect(answer.status).toBe(403)
    expect(challengeOf(answer)).toBe(
      'Bearer error="insufficient_scope", scope="mcp openid read", resource_metadata="https://gate.test/.well-known/oauth-protected-resource/tools/mcp", error_description="the token does not have the scope for this"',
    )
    expect(JSON.parse(answer.body).error).toBe('insufficient_scope')
  })

  it('open the tools they name in a modern request, and ask for the missing one otherwise', async () => {
    const { authorization } = await issue({ ...tools, scopes: ['read'] })
    expect((await ask(authorization, '/tools/mcp', call('get_x'))).status).toBe(200)
    const refusal = await ask(authorization, '/tools/mcp', call('put_x'))
    expect(refusal.status).toBe(403)
    expect(challengeOf(refusal)).toContain('scope="read write"')
  })

  it.each<[string, Partial<VerifyRequest>, number]>([
    ['another method', call('put_x', '2026-07-28', 'tools/list'), 200],
    ['an older revision, whose headers mean nothing', call('put_x', '2025-11-25'), 200],
    ['no revision', call('put_x', ''), 200],
    ['no name', call(undefined), 200],
    ['a tool that no scope opens, which the bridge refuses in words', call('delete_x'), 200],
    ['a name in base64 (SCP-04)', call(`=?base64?${Buffer.from('näme').toString('base64')}?=`), 200],
    ['a closed name in base64 (SCP-04)', call(`=?base64?${Buffer.from('put_ü').toString('base64')}?=`), 403],
    ['base64 that is none', call('=?base64?%?='), 200],
  ])('are looked at, or not, for %s', async (_what, headers, status) => {
    const { authorization } = await issue({ ...tools, scopes: ['read'] })
    expect((await ask(authorization, '/tools/mcp', headers)).status).toBe(status)
  })
})

describe('what is told', () => {
  it('to the log: each refusal with its reason and id, never a token', async () => {
    const { grant, authorization } = await issue()
    await endGrant(context.stores, grant.id)
    const answer = await ask(authorization)
    expect(context.logs()).toContain(`"reason":"grant_gone"`)
    expect(context.logs()).toContain(answer.headers['x-request-id'])
    expect(context.logs()).not.toContain(authorization.slice(-40))
  })

  it('to Prometheus: what was decided, and how much is kept', async () => {
    const metrics = await context.metrics.metrics()
    expect(metrics).toMatch(/gatehouse_verify_total\{outcome="allowed"\} [1-9]/)
    expect(metrics).toMatch(/gatehouse_verify_total\{outcome="invalid_token"\} [1-9]/)
    expect(metrics).toMatch(/gatehouse_verify_cache_entries [1-9]/)
  })
})
