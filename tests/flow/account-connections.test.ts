import { afterAll, describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../../services/auth/src/store/unavailable.ts'
import { openPage, sendForm } from '../support/account.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway({}, { servers: { echo: echoServer(), other: echoServer() } })
const below = await startGateway({}, { path: '/tools/gate', servers: { echo: echoServer() } })
afterAll(() => Promise.all([gateway.close(), below.close()]))

async function connect(at = gateway, name = 'Some app', person = createPerson({ password: PASSWORD })) {
  const client = new OAuthClient(at.server(), { redirectUri: `http://127.0.0.1:53123/${encodeURIComponent(name)}` })
  await client.discover()
  await client.register({ client_name: name, redirect_uris: [client.redirectUri], token_endpoint_auth_method: 'none' })
  await client.signIn(person)
  return { client, person }
}

const accountOf = (person: ReturnType<typeof createPerson>, at = gateway) => openPage(at, person, '/account', PASSWORD)

describe('a person’s account', () => {
  it('is reached from the home page, by signing in on the way', async () => {
    const person = createPerson({ password: PASSWORD })
    const home = await person.open(`${gateway.url}/`)
    if (home.kind !== 'page') throw new Error('no home page')
    expect(home.visit.page.links.map(({ href }) => href)).toContain('/account')
    const account = await accountOf(person)
    expect([account.url.pathname, account.page.title]).toEqual(['/account', 'Your account · Gatehouse'])
  })

  it('has what was connected, and ends it: the next call is 401, the next refresh invalid_grant', async () => {
    const { client, person } = await connect(gateway, 'Doomed app')
    const { client: spared } = await connect(gateway, 'Spared app')
    expect([await client.knock(), await spared.knock()]).toEqual(['open', 'open'])
    const account = await accountOf(person)
    expect(account.page.text).toContain('Doomed app')
    const done = await sendForm(person, account, '/account/disconnect', { grant: await grantOf(client) })
    expect(done.page.text).toContain('Disconnected.')
    expect(done.page.text).not.toContain('Doomed app')
    expect([await client.knock(), await spared.knock()]).toEqual([401, 'open'])
    expect((await client.refresh()).json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('lets no app that was disconnected back in unseen, not even a web site that was allowed before', async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(gateway.server(), { redirectUri: 'https://client.test/callback' })
    await client.signIn(person)
    const knockAtDoor = async () => {
      const arrival = await person.open(client.prepareAuthorization().url, client.redirectUri)
      return arrival.kind === 'page' ? arrival.visit.page.title : 'led on'
    }
    expect(await knockAtDoor()).toBe('Allowed · Gatehouse')
    await sendForm(person, await accountOf(person), '/account/disconnect', { grant: await grantOf(client) })
    expect(await knockAtDoor()).toBe('Allow Test client? · Gatehouse')
  })

  it('signs out everywhere, and takes everything along when that is meant', async () => {
    const { client, person } = await connect()
    const elsewhere = createPerson({ password: PASSWORD })
    await accountOf(elsewhere)
    await sendForm(person, await accountOf(person), '/account/sign-out', {}, { what: 'browsers' })
    for (const each of [person, elsewhere]) {
      const arrival = await each.open(`${gateway.url}/account`)
      expect(arrival.kind === 'page' && arrival.visit.url.pathname).toBe('/sign-in')
    }
    expect(await client.knock()).toBe('open')
    const done = await sendForm(person, await accountOf(person), '/account/sign-out', {}, { what: 'everything' })
    expect(done.page.text).toContain('Every app is disconnected')
    expect(await client.knock()).toBe(401)
    expect((await client.refresh()).json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('works below the path of PUBLIC_URL, forms and ways back included', async () => {
    const { client, person } = await connect(below)
    const account = await accountOf(person, below)
    expect(account.url.pathname).toBe('/tools/gate/account')
    for (const { action } of account.page.forms) expect(action).toMatch(/^\/tools\/gate\//)
    for (const { href } of account.page.links) expect(href).toMatch(/^\/tools\/gate\//)
    const done = await sendForm(person, account, '/account/disconnect', { grant: await grantOf(client, below) })
    expect([done.url.pathname, done.page.text]).toEqual(['/tools/gate/account', expect.stringContaining('Disconnected.')])
    expect(await client.knock()).toBe(401)
  })

  it('is a page that says to wait while the store is away, and the person is signed in afterwards', async () => {
    const { person } = await connect()
    await accountOf(person)
    const mend = gateway.breakStore(new StoreUnavailableError(new Error('gone')))
    const away = await person.open(`${gateway.url}/account`).finally(mend)
    expect(away.kind === 'page' && away.visit.status).toBe(503)
    expect((await accountOf(person)).url.pathname).toBe('/account')
  })

  it('can be read by no other site', async () => {
    const response = await send(`${gateway.url}/account`, { headers: { origin: 'https://evil.test' } })
    expect(response.headers).not.toHaveProperty('access-control-allow-origin')
  })
})

/** The id of a client's newest grant that is alive. */
async function grantOf(client: OAuthClient, at = gateway): Promise<string> {
  const grants = await at.gatehouse.auth.stores.grants.listByClient(client.registration.client_id)
  return grants.find(({ refreshHash }) => refreshHash !== undefined)?.grant.id ?? 'none'
}
