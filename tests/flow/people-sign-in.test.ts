import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient, readJwt } from '../support/oauth-client.ts'
import { startOidcProvider } from '../support/oidc-provider.ts'
import { createPerson, type Person, StuckError } from '../support/person.ts'

const github = await startFakeGithub()
const oidc = await startOidcProvider()
const PROVIDERS = {
  GITHUB_URL: github.url,
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  OIDC_ISSUER: oidc.issuer,
  OIDC_CLIENT_ID: oidc.clientId,
  OIDC_CLIENT_SECRET: oidc.clientSecret,
  OIDC_SCOPES: 'openid profile email groups',
}
const gateway = await startGateway({
  ...PROVIDERS,
  ALLOWED_USERS: 'github:octocat, github-org:acme, github-team:acme/mcp-users, email:*@example.com, group:mcp-users',
})
const withPassword = await startGateway()
const closed = await startGateway({ ...PROVIDERS, ALLOWED_USERS: '' })
afterAll(() => Promise.all([gateway, withPassword, closed, github, oidc].map((each) => each.close())))

const OCTOCAT = { id: 583231, login: 'octocat' }
const ADA = { sub: 'ada-5512', email: 'ada@example.com', email_verified: true, groups: [] }

beforeEach(() => {
  github.setUser(OCTOCAT)
  github.setDecision('approve')
  oidc.setAccount(ADA)
  oidc.setDecision('approve')
})

async function signIn(person: Person, at = gateway) {
  const client = new OAuthClient(at.server())
  await client.signIn(person)
  return client
}

/** What the person reads when there is no way in. */
async function refusal(person: Person, at = gateway): Promise<StuckError['visit']> {
  const error = await signIn(person, at).then(
    () => new Error('got in'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof StuckError) return error.visit
  throw error
}

const byGithub = () => createPerson({ provider: 'github' })
const byOidc = () => createPerson({ provider: 'oidc' })

describe('by GitHub', () => {
  it('a person on the list gets in, and is known by GitHub’s immutable number (CON-16)', async () => {
    const client = await signIn(byGithub())
    expect(await client.knock()).toBe('open')
    expect(readJwt(client.tokens?.access_token ?? '').payload.sub).toBe('github:583231')
  })

  it('a person gets in through GitHub’s own page', async () => {
    github.setDecision('page')
    expect(await (await signIn(byGithub())).knock()).toBe('open')
  })

  it.each([
    ['a member of a listed organisation', { id: 1, login: 'a', orgs: ['ACME'] }],
    [
      'a member of an organisation on the second page',
      { id: 2, login: 'b', orgs: [...Array.from({ length: 130 }, (_, index) => `org-${index}`), 'acme'] },
    ],
    ['a member of a listed team', { id: 3, login: 'c', teams: ['acme/mcp-users'] }],
    [
      'a person whose verified address is listed',
      { id: 4, login: 'd', emails: [{ email: 'D@Example.com', primary: true, verified: true }] },
    ],
    ['a listed login in other letters', { id: 583231, login: 'OctoCat' }],
  ])('%s gets in', async (_what, user) => {
    github.setUser(user)
    expect(await (await signIn(byGithub())).knock()).toBe('open')
  })

  it.each([
    ['a stranger', { id: 9, login: 'mallory' }],
    ['a member of another team', { id: 10, login: 'm', teams: ['acme/other', 'evil/mcp-users'] }],
    [
      'a person whose listed address is not verified',
      { id: 11, login: 'n', emails: [{ email: 'n@example.com', primary: true, verified: false }] },
    ],
    [
      'an address that only looks like a listed one',
      { id: 12, login: 'o', emails: [{ email: 'o@example.com@evil.example', primary: true, verified: true }] },
    ],
  ])('%s stays out, and is told so in plain words', async (_what, user) => {
    github.setUser(user)
    const visit = await refusal(byGithub())
    expect(visit.status).toBe(403)
    expect(visit.page.text).toContain(user.login)
  })

  it('a login that another person took over leads to another subject (CON-16)', async () => {
    github.setUser({ id: 777, login: 'octocat' })
    expect(readJwt((await signIn(byGithub())).tokens?.access_token ?? '').payload.sub).toBe('github:777')
  })

  it('a person who says no at GitHub is not signed in, and the client learns it (CBK-04)', async () => {
    github.setDecision('deny')
    const client = new OAuthClient(gateway.server())
    await client.discover()
    await client.register()
    const attempt = client.prepareAuthorization()
    const outcome = await byGithub()
      .authorize(attempt.url)
      .then(
        (url) => url.searchParams.get('error'),
        (error: unknown) => (error instanceof StuckError ? 'page' : 'bug'),
      )
    expect(['access_denied', 'page']).toContain(outcome)
  })

  it.each(['server-error', 'error-body', 'not-json'] as const)(
    'GitHub’s fault %s is a page that says so, not a crash (CBK-04, FLT-15)',
    async (fault) => {
      for (const place of ['token', 'user'] as const) {
        github.setFault(place, fault)
        const visit = await refusal(byGithub()).finally(() => github.setFault(place, undefined))
        expect([400, 502, 503]).toContain(visit.status)
        expect(visit.page.text).toMatch(/GitHub/)
        expect(visit.page.text).not.toMatch(/suspended|Unicorn|Whoa/)
      }
      expect(await (await signIn(byGithub())).knock()).toBe('open')
    },
  )

  it('never shows GitHub our secret in an address, and uses each code once', async () => {
    await signIn(byGithub())
    const authorize = github.requests.filter(({ path }) => path === '/login/oauth/authorize')
    expect(JSON.stringify(authorize)).not.toContain(github.clientSecret)
    const codes = github.requests.filter(({ path }) => path === '/login/oauth/access_token').map(({ params }) => params.code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})

describe('by OpenID Connect', () => {
  it.each([
    ['by a verified address', ADA],
    ['by a group', { sub: 'x-1', groups: ['mcp-users'] }],
  ])('a person on the list gets in %s', async (_what, account) => {
    oidc.setAccount(account)
    const client = await signIn(byOidc())
    expect(await client.knock()).toBe('open')
    expect(readJwt(client.tokens?.access_token ?? '').payload.sub).toBe(`oidc:${account.sub}`)
    expect(oidc.errors).toEqual([])
  })

  it.each([
    ['an address that is not verified', { sub: 'x-2', email: 'eve@example.com', email_verified: false }],
    ['an address that says nothing of verification', { sub: 'x-3', email: 'eve@example.com' }],
    ['a group in other letters', { sub: 'x-4', groups: ['MCP-USERS'] }],
    ['nothing', { sub: 'x-5' }],
  ])('a person with %s stays out', async (_what, account) => {
    oidc.setAccount(account)
    expect((await refusal(byOidc())).status).toBe(403)
  })

  it('a person who says no there is not signed in', async () => {
    oidc.setDecision('deny')
    await expect(signIn(byOidc())).rejects.toThrow()
  })
})

describe('by the operator password', () => {
  it('the operator gets in', async () => {
    const client = await signIn(createPerson({ password: PASSWORD }), withPassword)
    expect(await client.knock()).toBe('open')
  })

  it('a wrong password gets the form again, with a sentence', async () => {
    const visit = await refusal(createPerson({ password: 'not-the-password' }), withPassword)
    expect([200, 400, 401, 403]).toContain(visit.status)
    expect(visit.page.text).toMatch(/password/i)
    expect(visit.page.forms.some((form) => form.fields.some((field) => field.name === 'password'))).toBe(true)
    expect(visit.html).not.toContain('not-the-password')
  })

  it('many wrong passwords are slowed down, and the right one works again later (OPS-02)', { timeout: 20_000 }, async () => {
    const own = await startGateway()
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess++)
      statuses.push((await refusal(createPerson({ password: `guess-number-${guess}` }), own)).status)
    expect(statuses).toContain(429)
    own.clock.advance(3600)
    expect(await (await signIn(createPerson({ password: PASSWORD }), own)).knock()).toBe('open')
    await own.close()
  })
})

describe('the callback', () => {
  it('in a browser that did not start is refused: nobody is signed in by a stranger’s link (CBK-03, CON-03)', async () => {
    const client = new OAuthClient(gateway.server())
    await client.discover()
    await client.register()
    const attacker = byGithub()
    const link = await attacker.authorize(client.prepareAuthorization().url, `${gateway.url}/callback/github`)
    const victim = createPerson()
    const arrival = await victim.open(link, client.redirectUri)
    expect(arrival.kind).toBe('page')
    if (arrival.kind === 'page') expect(arrival.visit.status).toBe(403)
    expect(victim.jar.list().filter((cookie) => cookie.value !== '')).toEqual([])
  })

  it.each([
    ['an unknown state', 'code=x&state=unknown'],
    ['no state', 'code=x'],
    ['two states', 'code=x&state=a&state=b'],
    ['nothing at all', ''],
  ])('with %s is a 400 page, and the provider is not asked (CBK-01)', async (_what, query) => {
    const before = github.requests.length
    const arrival = await createPerson().open(`${gateway.url}/callback/github?${query}`)
    expect(arrival.kind === 'page' && arrival.visit.status).toBe(400)
    expect(github.requests.length).toBe(before)
  })

  it('of a provider that is not configured is a 404', async () => {
    const arrival = await createPerson().open(`${gateway.url}/callback/google?code=x&state=y`)
    expect(arrival.kind === 'page' && arrival.visit.status).toBe(404)
  })
})

describe('consent', () => {
  it('denied tells the client access_denied, with state and iss (rule 26, CON-06)', async () => {
    const client = new OAuthClient(gateway.server())
    await client.discover()
    await client.register()
    const answer = await client.authorize(createPerson({ provider: 'github', decision: 'deny' }))
    expect(answer.get('error')).toBe('access_denied')
    expect(answer.has('code')).toBe(false)
  })

  it('is asked again for another client, another redirect URI and another server (decision 5, CON-05)', async () => {
    const person = byGithub()
    const pages = async (client: OAuthClient) => {
      const before = person.visits.length
      await client.signIn(person)
      return person.visits.slice(before).some((visit) => visit.html.includes('name="decision"'))
    }
    const first = new OAuthClient(gateway.server())
    expect(await pages(first)).toBe(true)
    const impostor = new OAuthClient(gateway.server(), { redirectUri: 'https://impostor.example/cb' })
    await impostor.discover()
    await impostor.register({
      client_name: 'Test client',
      redirect_uris: ['https://impostor.example/cb'],
      token_endpoint_auth_method: 'none',
    })
    expect(await pages(impostor)).toBe(true)
    const elsewhere = new OAuthClient(gateway.server('other'))
    await elsewhere.discover()
    elsewhere.adopt(first.registration)
    expect(await pages(elsewhere)).toBe(true)
  })
})

describe('an empty ALLOWED_USERS', () => {
  it.each(['github', 'oidc'])('lets nobody in by %s (CFG-04)', async (provider) => {
    expect((await refusal(createPerson({ provider }), closed)).status).toBe(403)
  })
})

describe('a server’s own list', () => {
  it('keeps the others away from that server alone', async () => {
    const own = await startGateway(
      { ...PROVIDERS, ALLOWED_USERS: '*' },
      { servers: { echo: echoServer(), private: echoServer({ allow: ['github:octocat'] }) } },
    )
    github.setUser({ id: 20, login: 'guest' })
    const guest = byGithub()
    expect(await (await signIn(guest, own)).knock()).toBe('open')
    const client = new OAuthClient(own.server('private'))
    await expect(client.signIn(guest)).rejects.toThrow()
    github.setUser(OCTOCAT)
    await client.signIn(byGithub())
    expect(await client.knock()).toBe('open')
    await own.close()
  })
})
