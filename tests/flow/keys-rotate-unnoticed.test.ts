import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rotateKeys } from '../../services/auth/src/operator.ts'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { gatehouse } from '../support/operator.ts'
import { createPerson } from '../support/person.ts'

const SECRET = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
const TOKEN_SECONDS = 3600
/** A key that was asked for is published this long before it signs. */
const ANNOUNCED_SECONDS = 600
/** Known tokens are confirmed this often. */
const CONFIRMED_SECONDS = 5

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'))
const STORE_URL = `sqlite:${join(dataDir, 'gatehouse.db')}`
const gateway: Gateway = await startGateway({ STORE_URL }, { dataDir })
afterAll(async () => {
  await gateway.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const { keys, stores } = gateway.gatehouse.auth
const environment = { STORE_URL, DATA_DIR: dataDir, GATEHOUSE_SECRET: SECRET }
const published = async () => {
  const { keys: jwks } = (await send(`${gateway.url}/.well-known/jwks.json`)).json() as { keys: { kid: string }[] }
  return jwks.map(({ kid }) => kid)
}
const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid

async function signedIn(): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server())
  await client.signIn(createPerson({ password: PASSWORD }))
  return client
}

describe('ten rotations', () => {
  it('refuse no token before its end, and publish each key before it signs', { timeout: 60_000 }, async () => {
    const client = await signedIn()
    const tokens = [{ token: client.tokens?.access_token ?? '', endsAt: gateway.clock.now() / 1000 + TOKEN_SECONDS }]
    const signers = new Set([kidOf(tokens[0]?.token ?? '')])
    const knockAll = async () => {
      const living = tokens.filter(({ endsAt }) => endsAt > gateway.clock.now() / 1000)
      for (const { token } of living) expect(await client.knock(token)).toBe('open')
      return living.length
    }
    let knocks = 0
    for (let rotation = 0; rotation < 10; rotation++) {
      const { kid } = await rotateKeys(
        { store: stores.keys, secrets: [SECRET], clock: gateway.clock.now },
        { immediately: false },
      )
      await keys.refresh()
      expect(await published()).toContain(kid)
      for (const seconds of [ANNOUNCED_SECONDS - 1, 1]) {
        gateway.clock.advance(seconds)
        const { access_token: token } = await client.refreshTokens()
        tokens.push({ token, endsAt: gateway.clock.now() / 1000 + TOKEN_SECONDS })
        signers.add(kidOf(token))
        expect(kidOf(token) === kid).toBe(seconds === 1)
        knocks += await knockAll()
      }
    }
    expect(signers.size).toBe(11)
    expect(knocks).toBeGreaterThan(150)
  })
})

describe('gatehouse keys', () => {
  it('rotates ahead of the schedule, and a running gateway takes it over', { timeout: 60_000 }, async () => {
    const client = await signedIn()
    const before = await published()
    const rotated = await gatehouse(environment, 'keys', 'rotate', '--json')
    expect(rotated.status).toBe(0)
    await keys.refresh()
    expect(await published()).toEqual([...before, rotated.json().kid])
    expect(await client.knock()).toBe('open')
    const list = await gatehouse(environment, 'keys', 'list', '--json')
    expect((list.json().keys as { kid: string }[]).map(({ kid }) => kid).reverse()).toEqual(await published())
  })

  it('replaces keys that somebody has, at once: their tokens are refused, and refreshing is all that clients must do', {
    timeout: 60_000,
  }, async () => {
    const client = await signedIn()
    expect(await client.knock()).toBe('open')
    const rotated = await gatehouse(environment, 'keys', 'rotate', '--now', '--json')
    expect(rotated.json().removed).not.toEqual([])
    await keys.refresh()
    gateway.clock.advance(CONFIRMED_SECONDS)
    expect(await published()).toEqual([rotated.json().kid])
    expect(await client.knock()).toBe(401)
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
    expect(kidOf(client.tokens?.access_token ?? '')).toBe(rotated.json().kid)
  })
})

describe('keys that are lost', () => {
  it('cost an access token, and no refresh token (FLT-18)', async () => {
    const client = await signedIn()
    expect(await client.knock()).toBe('open')
    for (const { generation } of await stores.keys.list()) await stores.keys.remove(generation)
    await keys.refresh()
    gateway.clock.advance(CONFIRMED_SECONDS)
    expect(await client.knock()).toBe(401)
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
    expect(await published()).toHaveLength(1)
  })
})
