import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient, readTokens, type Tokens } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway()
const strict = await startGateway({ REFRESH_GRACE: '0' })
afterAll(() => Promise.all([gateway.close(), strict.close()]))

type SignedIn = OAuthClient & { tokens: Tokens }

const people = new Map([gateway, strict].map((each) => [each, createPerson({ password: PASSWORD })]))

async function signedIn(at = gateway): Promise<SignedIn> {
  const client = new OAuthClient(at.server())
  await client.signIn(people.get(at) ?? createPerson())
  return client as SignedIn
}

describe('a refresh token', () => {
  it('is replaced at every use, and the scope stays (rules 32, 33, REF-01)', async () => {
    const client = await signedIn()
    const seen = new Set([client.tokens.refresh_token])
    for (let use = 0; use < 20; use++) {
      const next = await client.refreshTokens()
      expect(next.scope).toBe('mcp')
      seen.add(next.refresh_token)
    }
    expect(seen.size).toBe(21)
  })

  it('yields the same successor again for two minutes (rule 32, decision 2)', async () => {
    const client = await signedIn()
    const first = readTokens(await client.refresh())
    gateway.clock.advance(119)
    const again = readTokens(await client.refresh())
    expect(again.refresh_token).toBe(first.refresh_token)
    expect(await client.knock(again.access_token)).toBe('open')
  })

  it('two steps back still leads to the newest one inside the grace (rule 32)', async () => {
    const client = await signedIn()
    const oldest = client.tokens.refresh_token
    await client.refreshTokens()
    await client.refreshTokens()
    const answer = readTokens(await client.refresh(oldest))
    expect(answer.refresh_token).toBe(client.tokens.refresh_token)
    expect((await client.refresh()).status).toBe(200)
  })

  it('used by 50 at once has one successor, which all of them get (REF-03)', async () => {
    const client = await signedIn()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.refresh()))
    const tokens = answers.map(readTokens)
    expect(new Set(tokens.map((token) => token.refresh_token)).size).toBe(1)
    expect(await client.knock(tokens.at(-1)?.access_token)).toBe('open')
    expect((await client.refresh(tokens[0]?.refresh_token)).status).toBe(200)
  })

  it('that comes again after the grace ends its whole family (decision 2)', async () => {
    const client = await signedIn()
    const old = client.tokens.refresh_token
    const newest = await client.refreshTokens()
    gateway.clock.advance(121)
    expect(await client.knock(newest.access_token)).toBe('open')
    const replay = await client.refresh(old)
    expect(replay.status).toBe(400)
    expect(replay.json().error).toBe('invalid_grant')
    expect((await client.refresh(newest.refresh_token)).json().error).toBe('invalid_grant')
    expect(await client.knock(newest.access_token)).toBe(401)
  })

  it('in the hands of another client is refused and harms nobody (REF-05)', async () => {
    const [client, thief] = [await signedIn(), new OAuthClient(gateway.server())]
    await thief.discover()
    await thief.register({ redirect_uris: ['https://thief.example/cb'], token_endpoint_auth_method: 'none' })
    const old = client.tokens.refresh_token
    await client.refreshTokens()
    gateway.clock.advance(121)
    for (const token of [old, client.tokens.refresh_token])
      expect((await thief.refresh(token)).json().error).toBe('invalid_grant')
    expect((await client.refresh()).status).toBe(200)
  })

  it('lives as long as it is used, and ends when it is not (REF-07)', async () => {
    const [used, unused] = [await signedIn(), await signedIn()]
    for (let month = 0; month < 5; month++) {
      gateway.clock.advance(60 * 86_400)
      await used.refreshTokens()
    }
    expect((await unused.refresh()).json().error).toBe('invalid_grant')
    expect(await used.knock()).toBe('open')
  })

  it('that a client got twice by a lost answer still works (FLT-11)', async () => {
    const client = await signedIn()
    const lost = readTokens(await client.refresh())
    const retried = readTokens(await client.refresh())
    expect(readTokens(await client.refresh(retried.refresh_token)).refresh_token).not.toBe(lost.refresh_token)
  })
})

describe('with REFRESH_GRACE=0', () => {
  it('of 50 parallel uses one wins, and the replay ends the family (REF-03, strict)', async () => {
    const client = await signedIn(strict)
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.refresh()))
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(49)
    expect((await client.refresh()).json().error).toBe('invalid_grant')
  })
})
