import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintAccessToken } from '../keys/access-token.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { createTestContext, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import type { VerifyAnswer } from './answer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

const ROOT = 'https://gate.test'
const servers = { memory: { command: 'x' }, tools: { command: 'x', scopes: { read: ['get_*'], write: ['put_*'] } } }

let context: TestContext
let verifier: Verifier
let grant: Grant
beforeAll(async () => {
  context = await createTestContext({ servers })
  verifier = createVerifier(context)
})
beforeEach(async () => {
  const createdAt = now()
  grant = { id: newGrantId(), clientId: 'cli_test', identity: OCTOCAT, scopes: ['mcp', 'read'], resource: ROOT, createdAt }
  await context.stores.grants.create(grant, { refreshHash: grant.id, expiresAt: createdAt + 86_400 })
})
afterAll(() => context.stores.close())

const now = () => Math.floor(context.clock() / 1000)
const claimsOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

const mint = (changes: Partial<Parameters<typeof mintAccessToken>[2]> = {}): string =>
  mintAccessToken(context.keys.current(), ROOT, {
    grant,
    audience: `${ROOT}/memory/mcp`,
    scopes: ['mcp'],
    issuedAt: now(),
    expiresAt: now() + 3600,
    ...changes,
  })

const ask = async (token: string, server = 'memory'): Promise<VerifyAnswer> =>
  verifier.answer({
    method: 'POST',
    uri: `/${server}/mcp`,
    authorization: `Bearer ${token}`,
    dpop: undefined,
    protocolVersion: undefined,
    mcpMethod: undefined,
    mcpName: undefined,
  })

describe('two tokens of one grant', () => {
  it('that say the same are vouched for by one assertion', async () => {
    const [first, second] = [await ask(mint()), await ask(mint())]
    expect(second.status).toBe(200)
    expect(second.headers['x-auth-assertion']).toBe(first.headers['x-auth-assertion'])
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
  })

  it('end each at its own time', async () => {
    const [brief, long] = [mint({ expiresAt: now() + 60 }), mint()]
    expect([(await ask(long)).status, (await ask(brief)).status]).toEqual([200, 200])
    context.advance(121)
    expect([(await ask(long)).status, (await ask(brief)).status]).toEqual([200, 401])
  })

  it('are revoked each by itself', async () => {
    const [revoked, kept] = [mint(), mint()]
    expect([(await ask(kept)).status, (await ask(revoked)).status]).toEqual([200, 200])
    await context.stores.grants.revokeToken(grant.id, claimsOf(revoked).jti, now() + 3600)
    await context.stores.revocations.publish(grant.id)
    expect([(await ask(kept)).status, (await ask(revoked)).status]).toEqual([200, 401])
  })

  it.each([
    ['another scope', { scopes: ['mcp', 'read'] }, { scope: 'mcp read', client_id: 'cli_test' }],
    [
      'somebody who acts for the person',
      { act: { sub: 'client:cli_agent' } },
      { scope: 'mcp', client_id: 'cli_test', act: { sub: 'client:cli_agent' } },
    ],
  ])('keep apart what differs: %s', async (_what, changes, vouched) => {
    const plain = await ask(mint())
    const other = await ask(mint(changes))
    expect(claimsOf(plain.headers['x-auth-assertion'])).toMatchObject({ scope: 'mcp', client_id: 'cli_test' })
    expect(claimsOf(plain.headers['x-auth-assertion']).act).toBeUndefined()
    expect(claimsOf(other.headers['x-auth-assertion'])).toMatchObject(vouched)
    expect((await ask(mint())).headers['x-auth-scopes']).toBe('mcp')
  })

  it('are not both good because one is: another client holds one that it may not hold', async () => {
    const [own, foreign] = [mint(), mint({ clientId: 'cli_other' })]
    expect([(await ask(own)).status, (await ask(foreign)).status, (await ask(own)).status]).toEqual([200, 401, 200])
  })

  it('open each its own server alone', async () => {
    const [memory, tools] = [mint(), mint({ audience: `${ROOT}/tools/mcp`, scopes: ['read'] })]
    expect([(await ask(memory)).status, (await ask(tools, 'tools')).status]).toEqual([200, 200])
    expect([(await ask(memory, 'tools')).status, (await ask(tools, 'memory')).status]).toEqual([401, 401])
  })

  it('are not vouched for by an assertion whose signing key was withdrawn meanwhile', async () => {
    const kidOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    const old = context.keys.current()
    const before = await ask(mint())
    expect(kidOf(before.headers['x-auth-assertion'])).toBe(old.kid)
    for (const { generation } of await context.stores.keys.list()) await context.stores.keys.remove(generation)
    await context.keys.refresh()
    expect(context.keys.published().map(({ kid }) => kid)).not.toContain(old.kid)
    const after = await ask(mint())
    expect(after.status).toBe(200)
    expect(kidOf(after.headers['x-auth-assertion'])).toBe(context.keys.current().kid)
  })
})
