import { SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestGateway, type TestGateway } from '../testing/assertions.ts'
import { KeysUnavailableError } from './assertion-keys.ts'
import { createRemoteKeys } from './remote-keys.ts'
import { AssertionError, createVerifyAssertion, type VerifyAssertion } from './verify-assertion.ts'

const ISSUER = 'https://mcp.example'
const RESOURCE = `${ISSUER}/echo/mcp`
let gateway: TestGateway
let now: number
let verify: VerifyAssertion

beforeAll(async () => {
  gateway = await createTestGateway(ISSUER)
  verify = createVerifyAssertion({ issuer: ISSUER, keys: gateway.keys, clock: () => now })
  now = Date.now()
})

const seconds = () => Math.floor(now / 1000)
const reasonOf = async (assertion: string | undefined, resource = RESOURCE): Promise<string> => {
  try {
    await verify(assertion, resource)
  } catch (error) {
    if (error instanceof AssertionError) return error.reason
    throw error
  }
  return 'believed'
}

describe('an assertion', () => {
  it('is believed and tells who calls', async () => {
    now = Date.now()
    const assertion = await gateway.assert(RESOURCE, {
      login: 'octocat',
      email: 'o@example.com',
      groups: ['a'],
      scope: 'mcp  read',
    })
    expect(await verify(assertion, RESOURCE)).toMatchObject({
      sub: 'github:1',
      clientId: 'client-1',
      scopes: ['mcp', 'read'],
      person: { provider: 'github', login: 'octocat', email: 'o@example.com', groups: ['a'], organizations: [], teams: [] },
    })
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['another issuer', { iss: `${ISSUER}/` }, {}, 'claim_iss'],
    ['another server', { aud: `${ISSUER}/other/mcp` }, {}, 'claim_aud'],
    ['several servers', { aud: [RESOURCE, `${ISSUER}/other/mcp`] }, {}, 'audience'],
    ['a minute ago', { exp: Math.floor(Date.now() / 1000) - 1 }, {}, 'expired'],
    ['a long life', { exp: Math.floor(Date.now() / 1000) + 61 }, {}, 'lives_too_long'],
    ['the future', { iat: Math.floor(Date.now() / 1000) + 30 }, {}, 'from_the_future'],
    ['an access token’s type', {}, { typ: 'at+jwt' }, 'claim_typ'],
    ['no type', {}, { typ: undefined }, 'claim_typ'],
    ['no key id', {}, { kid: undefined }, 'no_kid'],
    ['an unknown key', {}, { kid: 'key-9' }, 'unknown_kid'],
    ['no person', { sub: undefined }, {}, 'claim_sub'],
    ['no client', { client_id: undefined }, {}, 'claim_client_id'],
    ['no grant', { grant_id: undefined }, {}, 'claim_grant_id'],
    ['no end', { exp: undefined }, {}, 'claim_exp'],
    ['scopes in an array', { scope: ['mcp'] }, {}, 'claims'],
  ])('from %s is not believed', async (_what, claims, header, reason) => {
    now = Date.now()
    expect(await reasonOf(await gateway.assert(RESOURCE, claims, header))).toBe(reason)
  })

  it('without a signature, by another algorithm, or changed, is not believed', async () => {
    now = Date.now()
    expect(await reasonOf(undefined)).toBe('missing')
    expect(await reasonOf('')).toBe('missing')
    expect(await reasonOf('x'.repeat(20_000))).toBe('too_long')
    expect(await reasonOf('a.b.c')).toBe('malformed')
    expect(await reasonOf(new UnsecuredJWT({ iss: ISSUER, aud: RESOURCE }).encode())).toBe('malformed')
    const symmetric = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1', typ: 'gatehouse-assertion+jwt' })
      .sign(new Uint8Array(32))
    expect(await reasonOf(symmetric)).toBe('malformed')
    const good = await gateway.assert(RESOURCE)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'github:2' })).toString('base64url')
    await verify(good, RESOURCE)
    expect(await reasonOf(`${header}.${forged}.${signature}`)).toBe('signature')
  })

  it('is remembered until its end, for its server alone', async () => {
    now = Date.now()
    const assertion = await gateway.assert(RESOURCE)
    const first = await verify(assertion, RESOURCE)
    expect(verify(assertion, RESOURCE)).toBe(first)
    expect(await reasonOf(assertion, `${ISSUER}/other/mcp`)).toBe('audience')
    now = (seconds() + 61) * 1000
    expect(await reasonOf(assertion)).toBe('expired')
  })
})

describe('keys from JWKS_URL', () => {
  const setup = (answers: (() => unknown)[]) => {
    let time = 1_000_000
    let asked = 0
    const getJson = async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      if (answer === undefined) throw new Error('no answer')
      return answer()
    }
    const keys = createRemoteKeys({ url: 'http://gateway/jwks.json', getJson, clock: () => time })
    return { keys, asked: () => asked, pass: (ms: number) => (time += ms) }
  }
  const good = () => gateway.jwks
  const down = () => Promise.reject(new Error('status 503'))

  it('are asked for once by many at once, and then known', async () => {
    const { keys, asked } = setup([good])
    const found = await Promise.all(Array.from({ length: 20 }, () => keys.find('key-1')))
    expect(found.every((key) => key?.type === 'public')).toBe(true)
    expect(asked()).toBe(1)
  })

  it('are asked for again for an unknown one, but not for each', async () => {
    const { keys, asked, pass } = setup([good])
    await keys.find('key-1')
    pass(6_000)
    expect(await keys.find('made-up')).toBeUndefined()
    // The gateway may have made one of them a moment ago, so nobody can say that it has not.
    for (const kid of ['a', 'b', 'c']) await expect(keys.find(kid)).rejects.toThrow(KeysUnavailableError)
    expect(asked()).toBe(2)
  })

  it('are asked for when the clock was set back, too', async () => {
    const { keys, asked, pass } = setup([good])
    await keys.find('key-1')
    pass(-3_600_000)
    expect(await keys.find('made-up')).toBeUndefined()
    expect(asked()).toBe(2)
  })

  it('that cannot be had are no fault of the caller', async () => {
    const { keys, pass } = setup([down, good])
    await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError)
    await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError)
    pass(6_000)
    expect((await keys.find('key-1'))?.type).toBe('public')
  })

  it('outlive a short outage of the gateway, and are no longer believed after five minutes of it', async () => {
    const { keys, pass } = setup([good, down])
    await keys.find('key-1')
    pass(200_000)
    expect((await keys.find('key-1'))?.type).toBe('public')
    pass(200_000)
    await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError)
  })
})
