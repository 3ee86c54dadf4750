import { afterAll, describe, expect, it } from 'vitest'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { INITIALIZE, OAuthClient, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const github = await startFakeGithub()
const several = await startGateway()
const single = await startGateway({}, { servers: { only: echoServer() } })
const mixed = await startGateway(
  { GITHUB_URL: github.url, GITHUB_CLIENT_ID: github.clientId, GITHUB_CLIENT_SECRET: github.clientSecret, ALLOWED_USERS: '*' },
  { servers: { echo: echoServer(), private: echoServer({ allow: ['github:somebody-else'] }) } },
)
afterAll(() => Promise.all([several, single, mixed, github].map((each) => each.close())))

async function signedIn(url: string, changes: Record<string, string | undefined> = {}) {
  const client = new OAuthClient(url)
  await client.signIn(createPerson({ password: PASSWORD, provider: 'github' }), changes)
  return client
}
const audience = (client: OAuthClient) => readJwt(client.tokens?.access_token ?? '').payload.aud

describe('a token', () => {
  it('for one server is refused at the other, with that one’s challenge (AUD-01, decision 6)', async () => {
    const client = await signedIn(several.server('echo'))
    expect(audience(client)).toBe(several.server('echo'))
    expect(await client.knock(undefined, several.server('echo'))).toBe('open')
    const refusal = await client.post({}, several.server('other'))
    expect(refusal.status).toBe(401)
    expect(refusal.headers['www-authenticate']).toContain('error="invalid_token"')
    expect(refusal.headers['www-authenticate']).toContain('/other/mcp"')
  })

  it('without a resource is for the only server (rule 25, AUD-03)', async () => {
    const client = await signedIn(single.server('only'), { resource: undefined })
    expect(audience(client)).toBe(single.server('only'))
    expect(await client.knock()).toBe('open')
  })

  it('without a resource is for every server the person may use, and the page says so (rule 25, decision 6)', async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(several.server('echo'))
    await client.signIn(person, { resource: undefined })
    expect(audience(client)).toBe(several.url)
    expect(await client.knock(undefined, several.server('echo'))).toBe('open')
    expect(await client.knock(undefined, several.server('other'))).toBe('open')
    const consent = person.visits.find((visit) => visit.html.includes('name="decision"'))
    expect(consent?.page.text).toMatch(/every server you may use/i)
  })

  it.each(['', '/'])('for the root resource, spelled with "%s" at the end, opens both servers (rule 25)', async (end) => {
    const client = await signedIn(several.server('echo'), { resource: `${several.url}${end}` })
    expect(await client.knock(undefined, several.server('other'))).toBe('open')
  })

  it('for the root resource opens no server that the person may not use', async () => {
    const client = await signedIn(mixed.server('echo'), { resource: undefined })
    expect(await client.knock(undefined, mixed.server('echo'))).toBe('open')
    const refusal = await client.post(INITIALIZE, mixed.server('private'))
    // Never a plain 403 (clients register again) and never a 401 (they loop): decision 8.
    expect(refusal.status).toBe(200)
    expect(refusal.json()).toHaveProperty('error.message')
  })
})
