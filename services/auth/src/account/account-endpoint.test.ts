import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { OAuthError } from '../oauth/error.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { type AccountFlow, createAccountFlow, pressFor, textsOf } from '../testing/account-flow.ts'
import type { Answer, TestBrowser } from '../testing/sign-in-flow.ts'
import { approve, OCTOCAT } from '../testing/test-context.ts'
import { ACCOUNT_FORM_TTL_SECONDS } from './account-forms.ts'
import { SHOWN_CONNECTIONS } from './list-connections.ts'

const HUBOT = { ...OCTOCAT, subject: 'github:480938', login: 'hubot', name: 'Hubot', email: 'hubot@example.com' }

let flow: AccountFlow
let browser: TestBrowser
beforeAll(async () => {
  flow = await createAccountFlow({ environment: { ALLOWED_USERS: 'github:octocat, github:hubot' } })
  browser = await flow.signedIn()
})
afterAll(() => flow.app.close())

const connect: AccountFlow['connect'] = (changes) => flow.connect(changes)
const isAlive: AccountFlow['isAlive'] = (grant) => flow.isAlive(grant)
const account = (who = browser): Promise<Answer> => who.get('/account')
const events = (event: string) =>
  flow.context
    .logs()
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('/account', () => {
  it('leads who is not signed in to the sign-in, and back', async () => {
    const stranger = flow.browser()
    const away = await account(stranger)
    expect([away.status, away.location?.href]).toEqual([303, 'https://gate.test/sign-in?return_to=%2Faccount'])
    expect((await stranger.get(away.location?.href ?? '')).text).toContain('value="/account"')
    for (const path of ['/account/disconnect', '/account/sign-out', '/account/tokens', '/account/tokens/revoke']) {
      expect((await stranger.post(path, { grant: 'x' })).location?.pathname).toBe('/sign-in')
    }
    const form = await stranger.get('/account/tokens/new?resource=https%3A%2F%2Fgate.test')
    expect(form.location?.searchParams.get('return_to')).toBe('/account/tokens/new?resource=https%3A%2F%2Fgate.test')
    const long = await stranger.get(`/account/tokens/new?resource=${'x'.repeat(5000)}`)
    expect(long.location?.searchParams.get('return_to')).toBe('/account')
  })

  it('treats who is no longer let in as not signed in', async () => {
    const grant = await connect()
    const later = await createAccountFlow({ environment: { ALLOWED_USERS: 'github:hubot' }, replicaOf: flow.context })
    const removed = later.browser()
    for (const [name, value] of browser.cookies) removed.cookies.set(name, value)
    expect((await removed.get('/account')).location?.pathname).toBe('/sign-in')
    const page = await account()
    const { fields = [] } = page.page.forms.find(({ action }) => action === '/account/disconnect') ?? {}
    const body = Object.fromEntries(fields.map(({ name, value }) => [name, value]))
    expect((await removed.post('/account/disconnect', { ...body, grant: grant.id })).location?.pathname).toBe('/sign-in')
    expect(await isAlive(grant)).toBe(true)
    await later.app.close()
  })

  it('is a page like the others: no script, nothing kept, nobody may frame it (WEB-01)', async () => {
    const { headers, text } = await account()
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(text).not.toContain('<script')
  })

  it('refuses other methods with 405 and Allow', async () => {
    for (const [method, url, allow] of [
      ['POST', '/account', 'GET, HEAD'],
      ['GET', '/account/disconnect', 'POST'],
      ['GET', '/account/sign-out', 'POST'],
      ['GET', '/account/tokens', 'POST'],
      ['POST', '/account/tokens/new', 'GET, HEAD'],
      ['GET', '/account/tokens/revoke', 'POST'],
    ] as const) {
      const response = await flow.app.inject({ method, url })
      expect([url, response.statusCode, response.headers.allow]).toEqual([url, 405, allow])
      expect(response.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })
})

describe('the list of apps', () => {
  it('says of each which app, where, what, since when and how', async () => {
    const client = await flow.addClient({ clientName: 'Claude' })
    const who = await flow.signedIn(HUBOT)
    const now = Math.floor(flow.context.clock() / 1000)
    const mine = { identity: HUBOT, clientId: client.clientId }
    await connect({ ...mine, createdAt: now - 3 * 86_400, scopes: ['mcp', 'openid', 'email'] })
    await connect({ ...mine, createdAt: now - 4 * 86_400, resource: 'https://gate.test', via: 'device_code' })
    const { page } = await account(who)
    expect(page.text).toContain('Claude name not verified')
    expect(page.text).toContain('memory https://gate.test/memory/mcp')
    expect(page.text).toContain('It may: use tools on your behalf, know who you are.')
    expect(page.text).toContain('Connected 3 days ago (2026-11-22 12:00 UTC), by your yes in a browser.')
    expect(page.text).toContain('all your servers https://gate.test')
    expect(page.text).toContain('by a code that you entered for another device')
    expect(page.text).toContain('Last used just now (2026-11-25 12:00 UTC).')
    expect(page.text).toContain('Disconnect all 2 of Claude')
  })

  it('groups by app, the newest first, and shows nobody else’s', async () => {
    const [older, newer, others] = await Promise.all(
      ['Older', 'Newer', 'Somebody'].map((clientName) => flow.addClient({ clientName })),
    )
    const who = await flow.signedIn(HUBOT)
    for (const { grant } of await flow.context.stores.grants.listBySubject(HUBOT.subject))
      await flow.context.stores.grants.revoke(grant.id)
    const now = Math.floor(flow.context.clock() / 1000)
    await connect({ identity: HUBOT, clientId: older?.clientId ?? '', createdAt: now - 500 })
    await connect({ identity: HUBOT, clientId: newer?.clientId ?? '', createdAt: now - 10 })
    await connect({ identity: HUBOT, clientId: older?.clientId ?? '', createdAt: now - 900 })
    await connect({ clientId: others?.clientId ?? '' })
    expect(textsOf(await account(who), 'h3')).toEqual(['Newer name not verified', 'Older name not verified'])
  })

  it('names a server that is gone, and does not show a connection whose code is still on its way', async () => {
    const who = await flow.signedIn(HUBOT)
    await connect({ identity: HUBOT, resource: 'https://gate.test/gone/mcp' })
    const client = await flow.addClient({ clientName: 'Not yet' })
    await approve(flow.context, client.clientId, { identity: HUBOT })
    const { page } = await account(who)
    expect(page.text).toContain('a server that is no longer here https://gate.test/gone/mcp')
    expect(page.text).not.toContain('Not yet')
  })

  it('has an end', async () => {
    const many = { ...OCTOCAT, subject: 'github:99', login: 'hubot' }
    for (let index = 0; index < SHOWN_CONNECTIONS + 7; index++) await connect({ identity: many })
    const { page } = await account(await flow.signedIn(many))
    expect(page.text).toContain('And 7 more.')
    expect(page.forms.filter(({ fields }) => fields.some(({ name }) => name === 'grant'))).toHaveLength(SHOWN_CONNECTIONS)
  })

  it('shows the id of an app that cannot be looked up, so that it can be disconnected all the same', async () => {
    const clientId = 'https://down.example/client.json'
    const grant = await connect({ clientId })
    vi.spyOn(flow.context.clients, 'find').mockRejectedValueOnce(
      new OAuthError('temporarily_unavailable', 'its host is down', { reason: 'client_document_unavailable' }),
    )
    const answer = await account()
    expect(answer.status).toBe(200)
    expect(answer.page.text).toContain('down.example')
    expect(answer.page.text).toContain(clientId)
    await pressFor(browser, answer, ['grant', grant.id])
    expect(await isAlive(grant)).toBe(false)
    vi.restoreAllMocks()
  })

  it('is 503 with a page while the store is away', async () => {
    vi.spyOn(flow.context.stores.grants, 'listBySubject').mockRejectedValueOnce(new StoreUnavailableError('away'))
    const answer = await account()
    expect([answer.status, answer.page.title]).toEqual([503, 'One moment · Gatehouse'])
    vi.restoreAllMocks()
  })
})

describe('disconnecting', () => {
  it('ends one connection, tells every replica, says so once, and leaves a line with who did it (LOG-03)', async () => {
    const [grant, other] = [await connect(), await connect()]
    const published: string[] = []
    flow.context.stores.revocations.subscribe(
      (grantId) => published.push(grantId),
      () => {},
    )
    const done = await pressFor(browser, await account(), ['grant', grant.id])
    expect([done.status, done.location?.pathname]).toEqual([303, '/account'])
    expect([await isAlive(grant), await isAlive(other)]).toEqual([false, true])
    expect(published).toEqual([grant.id])
    const page = await browser.get(done.location?.href ?? '')
    expect(page.page.text).toContain('Disconnected.')
    expect(events('grant_ended').find((line) => line.grant === grant.id)).toMatchObject({
      reason: 'disconnected_by_person',
      actor: OCTOCAT.subject,
      subject: OCTOCAT.subject,
      client: grant.clientId,
    })
  })

  it('ends all of an app, and no other', async () => {
    const mine = [await connect({ clientId: 'cli_a' }), await connect({ clientId: 'cli_a' })]
    const other = await connect({ clientId: 'cli_b' })
    const somebodys = await connect({ clientId: 'cli_a', identity: HUBOT })
    await pressFor(browser, await account(), ['client', 'cli_a'])
    expect(await Promise.all([...mine, other, somebodys].map(isAlive))).toEqual([false, false, true, true])
  })

  it('forgets every yes, so that no web site is let in again unseen', async () => {
    const grant = await connect()
    await flow.context.stores.approvals.remember(OCTOCAT.subject, 'a yes', 1000)
    await pressFor(browser, await account(), ['grant', grant.id])
    expect(await flow.context.stores.approvals.has(OCTOCAT.subject, 'a yes')).toBe(false)
  })

  it('of what is not there, or somebody else’s, does nothing and says that', async () => {
    const theirs = await connect({ identity: HUBOT })
    const mine = await connect()
    const page = await account()
    for (const id of [theirs.id, 'grt_nothing']) {
      const done = await pressFor(browser, page, ['grant', mine.id], { grant: id })
      expect((await browser.get(done.location?.href ?? '')).page.text).toContain('That was disconnected before.')
    }
    expect([await isAlive(theirs), await isAlive(mine)]).toEqual([true, true])
  })

  it('completes at the second try what a fault interrupted', async () => {
    const grants = [await connect({ clientId: 'cli_c' }), await connect({ clientId: 'cli_c' })]
    const page = await account()
    vi.spyOn(flow.context.stores.grants, 'revoke').mockRejectedValueOnce(new StoreUnavailableError('away'))
    expect((await pressFor(browser, page, ['client', 'cli_c'])).status).toBe(503)
    vi.restoreAllMocks()
    expect((await pressFor(browser, page, ['client', 'cli_c'])).status).toBe(303)
    expect(await Promise.all(grants.map(isAlive))).toEqual([false, false])
  })

  it('needs a form that names one thing', async () => {
    const grant = await connect()
    const page = await account()
    expect((await pressFor(browser, page, ['grant', grant.id], { grant: undefined })).status).toBe(400)
    expect((await pressFor(browser, page, ['grant', grant.id], { client: grant.clientId })).status).toBe(400)
    expect(await isAlive(grant)).toBe(true)
  })

  it.each<[string, Record<string, string | undefined>, Record<string, string | undefined>]>([
    ['without its token', { csrf: undefined }, {}],
    ['with another token', { csrf: 'x'.repeat(43) }, {}],
    ['with a stamp of somebody’s making', { stamp: '99999999999.x' }, {}],
    ['without a stamp', { stamp: undefined }, {}],
    ['from another site', {}, { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['from another site that says it is the same', {}, { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }],
  ])('is refused by a form %s (OPS-03)', async (_what, changes, headers) => {
    const grant = await connect()
    const { page } = await account()
    const { fields = [], action = '' } =
      page.forms.find((form) => form.fields.some(({ name, value }) => name === 'grant' && value === grant.id)) ?? {}
    const body = { ...Object.fromEntries(fields.map(({ name, value }) => [name, value])), ...changes }
    expect((await browser.post(action, body, headers)).status).toBe(403)
    expect(await isAlive(grant)).toBe(true)
  })

  it('is refused by the form of another action, another browser and another person (OPS-03)', async () => {
    const grant = await connect()
    const page = await account()
    const revoke = page.page.forms.find(({ action }) => action === '/account/sign-out')
    const fields = Object.fromEntries((revoke?.fields ?? []).map(({ name, value }) => [name, value]))
    expect((await browser.post('/account/disconnect', { ...fields, grant: grant.id })).status).toBe(403)
    for (const other of [await flow.signedIn(), await flow.signedIn(HUBOT)]) {
      expect((await pressFor(other, page, ['grant', grant.id])).status).toBe(403)
    }
    expect(await isAlive(grant)).toBe(true)
  })

  it('is refused by a page that was open for too long, which comes again', async () => {
    const grant = await connect()
    const page = await account()
    flow.context.advance(ACCOUNT_FORM_TTL_SECONDS + 1)
    const late = await pressFor(browser, page, ['grant', grant.id])
    expect([late.status, late.page.text]).toEqual([400, expect.stringContaining('open for too long')])
    expect(await isAlive(grant)).toBe(true)
    await pressFor(browser, late, ['grant', grant.id])
    expect(await isAlive(grant)).toBe(false)
  })

  it('is told by nobody else: a link cannot make the page say it', async () => {
    for (const query of ['done=disconnected', 'done=disconnected&proof=x', 'done=constructor&proof=x', 'done=%3Cscript%3E']) {
      const { page, status } = await browser.get(`/account?${query}`)
      expect([status, page.text.includes('Disconnected.')]).toEqual([200, false])
    }
  })
})

describe('signing out everywhere', () => {
  const PERSON = { ...OCTOCAT, subject: 'github:77', login: 'octocat' }

  it('ends every browser session of the person, and nobody else’s; apps stay', async () => {
    const [one, two, hubots] = [await flow.signedIn(PERSON), await flow.signedIn(PERSON), await flow.signedIn(HUBOT)]
    const grant = await connect({ identity: PERSON })
    const done = await one.press(await account(one), 'browsers')
    expect([done.status, done.page.title]).toEqual([200, 'Signed out everywhere · Gatehouse'])
    expect(done.page.text).toContain('stay connected')
    expect(one.cookies.has('__Host-gatehouse-session')).toBe(false)
    for (const who of [one, two]) expect((await account(who)).location?.pathname).toBe('/sign-in')
    expect((await account(hubots)).status).toBe(200)
    expect(await isAlive(grant)).toBe(true)
    expect(events('signed_out_everywhere').at(-1)).toMatchObject({ actor: PERSON.subject, what: 'browsers', grants: 0 })
  })

  it('and from everything ends apps, codes on their way, personal tokens and remembered yeses too', async () => {
    const who = await flow.signedIn(PERSON)
    const app = await connect({ identity: PERSON })
    const token = await connect({ identity: PERSON, via: 'personal_token', personalToken: { name: 'x', tokenHash: 'y' } })
    const pending = await approve(flow.context, 'cli_on_its_way', { identity: PERSON })
    await flow.context.stores.approvals.remember(PERSON.subject, 'a yes', 1000)
    const somebodys = await connect({ identity: HUBOT })
    const done = await who.press(await account(who), 'everything')
    expect(done.page.text).toContain('Every app is disconnected')
    expect(await Promise.all([app, token, somebodys].map(isAlive))).toEqual([false, false, true])
    expect(await flow.context.stores.grants.revoke(pending.grant.id)).toBe(false)
    expect(await flow.context.stores.approvals.has(PERSON.subject, 'a yes')).toBe(false)
    expect((await account(who)).location?.pathname).toBe('/sign-in')
    expect(events('signed_out_everywhere').at(-1)).toMatchObject({ actor: PERSON.subject, what: 'everything' })
    expect(events('grant_ended').filter(({ subject }) => subject === PERSON.subject)).not.toHaveLength(0)
  })

  it('takes along what another browser allowed while it was at work', async () => {
    const who = await flow.signedIn(PERSON)
    const page = await account(who)
    const { sessions } = flow.context.stores
    const real = sessions.deleteBySubject
    const late = vi.spyOn(sessions, 'deleteBySubject').mockImplementationOnce(async (subject) => {
      await approve(flow.context, 'cli_at_the_last_moment', { identity: PERSON })
      return real(subject)
    })
    expect((await who.press(page, 'everything')).status).toBe(200)
    expect(late).toHaveBeenCalled()
    expect(await flow.context.stores.grants.listBySubject(PERSON.subject, { withPending: true })).toEqual([])
    vi.restoreAllMocks()
  })

  it('leaves the person signed in to press again when the store was away', async () => {
    const who = await flow.signedIn(PERSON)
    const grant = await connect({ identity: PERSON })
    const page = await account(who)
    vi.spyOn(flow.context.stores.grants, 'revoke').mockRejectedValueOnce(new StoreUnavailableError('away'))
    expect((await who.press(page, 'everything')).status).toBe(503)
    vi.restoreAllMocks()
    expect((await who.press(page, 'everything')).status).toBe(200)
    expect(await isAlive(grant)).toBe(false)
  })

  it('needs a choice, and a form of this page', async () => {
    const page = await account()
    expect((await browser.press(page, 'browsers', { what: 'all' })).status).toBe(400)
    expect((await browser.press(page, 'browsers', { csrf: 'x' })).status).toBe(403)
    expect((await account()).status).toBe(200)
  })
})
