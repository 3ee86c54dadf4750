import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formToken } from '../http/browser.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { sha256 } from '../oauth/secret.ts'
import { createDeviceAuthorizations } from '../store/device-authorizations.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { type Answer, createFlow, type Flow, type TestBrowser } from '../testing/sign-in-flow.ts'
import { form, OCTOCAT } from '../testing/test-context.ts'
import { tokenEndpoint } from '../token/token-endpoint.ts'
import { deviceAuthorizationEndpoint } from './device-authorization-endpoint.ts'
import { deviceEndpoint } from './device-endpoint.ts'

const SERVERS = {
  memory: { command: 'x', scopes: { read: ['get_*'], write: ['set_*'] } },
  docs: { url: 'http://docs/mcp', allow: ['github:somebody'] },
}

let flow: Flow
let client: RegisteredClient
let signedIn: TestBrowser
beforeAll(async () => {
  flow = await createFlow({
    servers: SERVERS,
    mount: (scope, context) => {
      deviceAuthorizationEndpoint(scope, context)
      deviceEndpoint(scope, context)
      tokenEndpoint(scope, context)
    },
  })
  client = await flow.addClient({ grantTypes: [DEVICE_CODE_GRANT_TYPE], redirectUris: [], clientName: 'Command line' })
  signedIn = await signIn()
})
afterAll(() => flow.app.close())

async function signIn(identity = OCTOCAT, address?: string): Promise<TestBrowser> {
  flow.provider.identity = identity
  const browser = flow.browser(address)
  await browser.reachConsent('/sign-in?return_to=/device')
  flow.provider.identity = OCTOCAT
  return browser
}

const post = (url: string, fields: Readonly<Record<string, string | undefined>>) =>
  flow.app.inject({
    method: 'POST',
    url,
    remoteAddress: '203.0.113.9',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: form({ client_id: client.clientId, ...fields }),
  })

interface Started {
  readonly userCode: string
  readonly deviceCode: string
  readonly url: string
}

async function start(fields: Readonly<Record<string, string | undefined>> = {}): Promise<Started> {
  const answer = await post('/device_authorization', { resource: 'https://gate.test/memory/mcp', scope: 'read write', ...fields })
  expect(answer.statusCode).toBe(200)
  const { user_code: userCode, device_code: deviceCode } = answer.json()
  return { userCode, deviceCode, url: `/device?user_code=${userCode}` }
}

const ask = async ({ deviceCode }: Started) =>
  (await post('/token', { grant_type: DEVICE_CODE_GRANT_TYPE, device_code: deviceCode })).json()

const WRONG = 'This code does not work.'

describe('the page for codes', () => {
  it('sends a person who is not signed in by the sign-in page and back, with the code (RFC 8628 §3.3)', async () => {
    const { userCode, url } = await start()
    const browser = flow.browser()
    const away = await browser.get(url)
    expect(away.status).toBe(303)
    expect(away.location?.pathname).toBe('/sign-in')
    expect(away.location?.searchParams.get('return_to')).toBe(`/device?user_code=${userCode}`)
    expect((await browser.get(away.location?.href ?? '')).page.text).toContain('to connect a device')
    const back = await browser.reachConsent(away.location?.href ?? '')
    expect(back.page.text).toContain('Command line')
  })

  it('sends nobody anywhere else, whatever the code is', async () => {
    const away = await flow.browser().get('/device?user_code=//evil.test')
    expect(away.location?.searchParams.get('return_to')).toBe('/device')
  })

  it('asks for the code, and takes it however it is typed', async () => {
    const { userCode } = await start()
    const entry = await signedIn.get('/device')
    expect(entry.status).toBe(200)
    expect(entry.page.forms[0]).toMatchObject({ action: '/device', method: 'GET', fields: [{ name: 'user_code' }] })
    for (const typed of [userCode, userCode.toLowerCase(), userCode.replace('-', ''), userCode.replace('-', '%20')]) {
      expect((await signedIn.get(`/device?user_code=${typed}`)).page.text).toContain(userCode)
    }
  })

  it('names client, server, account, code, and when and where it was started, and warns (RFC 8628 §5.4)', async () => {
    const { userCode, url } = await start()
    flow.context.advance(125)
    const { page } = await signedIn.get(url)
    for (const words of [
      'Connect “Command line” to memory?',
      'name not verified',
      userCode,
      'https://gate.test/memory/mcp',
      'octocat',
      '2 minutes ago',
      'from the network 203.0.113.0/24',
      'Only continue if you yourself started this, on a device you have in front of you.',
      'If somebody sent you',
    ]) {
      expect(page.text).toContain(words)
    }
    expect(page.forms[0]?.buttons.map(({ name, value }) => `${name}=${value}`)).toEqual(['decision=deny', 'decision=approve'])
  })

  it('says so when it was started in another network', async () => {
    const { url } = await start()
    const { page } = await (await signIn(OCTOCAT, '198.51.100.4')).get(url)
    expect(page.text).toContain('It was started in another network')
    expect((await signedIn.get(url)).page.text).not.toContain('another network')
  })

  it('may not be framed and is not kept (CON-12)', async () => {
    const { headers } = await signedIn.get((await start()).url)
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('a yes', () => {
  it('lets the device in, with the scopes that were left ticked (SCP-06)', async () => {
    const started = await start()
    const question = await signedIn.get(started.url)
    expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
    const done = await signedIn.press(question, 'approve', { 'scope:write': undefined })
    expect(done.page.text).toContain('You may close this page')
    expect(await ask(started)).toMatchObject({ scope: 'read', token_type: 'Bearer' })
    expect(flow.context.logs()).toMatch(/"event":"consent_approved","via":"device_code","subject":"github:583231"/)
  })

  it('of a second click changes nothing and reads the same (CON-08)', async () => {
    const started = await start()
    const question = await signedIn.get(started.url)
    const clicks = await Promise.all(Array.from({ length: 10 }, () => signedIn.press(question, 'approve')))
    for (const click of clicks) expect([click.status, click.page.text]).toEqual([200, clicks[0]?.page.text])
    expect(await ask(started)).toHaveProperty('access_token')
    expect(await ask(started)).toMatchObject({ error: 'invalid_grant' })
  })

  it('is never remembered: the next device is asked about too', async () => {
    const first = await start()
    await signedIn.press(await signedIn.get(first.url), 'approve')
    const second = await start()
    const question = await signedIn.get(second.url, { 'sec-fetch-site': 'none' })
    expect(question.page.forms[0]?.buttons).toHaveLength(2)
    expect(await ask(second)).toMatchObject({ error: 'authorization_pending' })
  })

  it('needs at least one scope', async () => {
    const started = await start()
    const question = await signedIn.get(started.url)
    const again = await signedIn.press(question, 'approve', { 'scope:read': undefined, 'scope:write': undefined })
    expect([again.status, again.page.forms[0]?.buttons.length]).toEqual([400, 2])
    expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
  })
})

it('a no is told to the device, and no yes comes after it (CON-06)', async () => {
  const started = await start()
  const question = await signedIn.get(started.url)
  expect((await signedIn.press(question, 'deny')).page.text).toContain('was told no')
  const late = await signedIn.press(question, 'approve')
  expect([late.status, late.page.text.includes(WRONG)]).toEqual([400, true])
  expect(await ask(started)).toMatchObject({ error: 'access_denied' })
})

describe('a code that', () => {
  it.each<[what: string, prepare: () => Promise<string>]>([
    ['nobody has', async () => 'BBBB-BBBB'],
    ['is no code', async () => 'AEIO-1234'],
    [
      'has expired',
      async () => {
        const { userCode } = await start()
        flow.context.advance(600)
        return userCode
      },
    ],
    [
      'was answered',
      async () => {
        const { userCode, url } = await start()
        await signedIn.press(await signedIn.get(url), 'deny')
        return userCode
      },
    ],
  ])('%s is told apart from the others by nothing (RFC 8628 §5.1)', async (_what, prepare) => {
    const userCode = await prepare()
    const browser = await signIn()
    flow.context.advance(900)
    const answer = await (await signIn()).get(`/device?user_code=${userCode}`)
    const unknown = await browser.get('/device?user_code=CCCC-CCCC')
    const plain = ({ page }: Answer, code: string) => page.text.replaceAll(code, 'CODE')
    expect([answer.status, plain(answer, userCode)]).toEqual([400, plain(unknown, 'CCCC-CCCC')])
    expect(answer.page.text).toContain(WRONG)
  })

  it('is guessed at twenty times a quarter of an hour, and then not even a right one is looked up (TOK-14)', async () => {
    const guesser = await signIn({ ...OCTOCAT, subject: 'github:1' })
    for (let guess = 0; guess < 20; guess++) expect((await guesser.get('/device?user_code=BBBB-BBBB')).status).toBe(400)
    const { url } = await start()
    const stopped = await guesser.get(url)
    expect([stopped.status, stopped.headers['retry-after']]).toEqual([429, '900'])
    expect(stopped.page.text).not.toContain('Command line')
    expect((await signedIn.get(url)).status).toBe(200)
    flow.context.advance(900)
    expect((await guesser.get((await start()).url)).status).toBe(200)
  })

  it('is guessed at by one who is stopped without stopping anybody else', async () => {
    const guesser = await signIn({ ...OCTOCAT, subject: 'github:3' })
    for (let guess = 0; guess < 510; guess++) await guesser.get('/device?user_code=BBBB-BBBB')
    const other = await signIn({ ...OCTOCAT, subject: 'github:4' })
    for (let guess = 0; guess < 6; guess++) expect((await other.get('/device?user_code=BBBB-BBBB')).status).toBe(400)
    flow.context.advance(900)
  })

  it('is guessed at fewer times by each where many guess', async () => {
    await Promise.all(Array.from({ length: 500 }, () => flow.context.stores.throttles.hit('user-code:all', 900)))
    const guesser = await signIn({ ...OCTOCAT, subject: 'github:2' })
    const answers: number[] = []
    for (let guess = 0; guess < 6; guess++) answers.push((await guesser.get('/device?user_code=BBBB-BBBB')).status)
    expect(answers).toEqual([400, 400, 400, 400, 400, 429])
    flow.context.advance(900)
  })
})

describe('the form', () => {
  const fields = (answer: Answer) =>
    Object.fromEntries(answer.page.forms[0]?.fields.map(({ name, value }) => [name, value]) ?? [])

  it.each<[what: string, send: (question: Answer, other: Started) => Promise<Answer>, status: number]>([
    ['from another browser', async (question) => (await signIn()).press(question, 'approve'), 403],
    [
      'as another person in the same browser',
      async (question) => {
        flow.provider.identity = { ...OCTOCAT, subject: 'github:3' }
        await signedIn.reachConsent('/sign-in?return_to=/device&choose_account=yes')
        flow.provider.identity = OCTOCAT
        const answer = await signedIn.press(question, 'approve')
        await signedIn.reachConsent('/sign-in?return_to=/device&choose_account=yes')
        return answer
      },
      403,
    ],
    [
      'for another device than the one that was shown',
      (question, { userCode }) => signedIn.press(question, 'approve', { user_code: userCode }),
      403,
    ],
    ['without its token', (question) => signedIn.press(question, 'approve', { csrf: undefined }), 403],
    [
      'from another site',
      (question) =>
        signedIn.post(
          '/device',
          { ...fields(question), decision: 'approve' },
          { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
        ),
      403,
    ],
    ['with a decision that is none', (question) => signedIn.press(question, 'approve', { decision: 'maybe' }), 400],
    ['without a code', (question) => signedIn.press(question, 'approve', { user_code: undefined }), 400],
  ])('%s does nothing (CON-03)', async (_what, send, status) => {
    const started = await start()
    const other = await start()
    const question = await signedIn.get(started.url)
    expect((await send(question, other)).status).toBe(status)
    expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
    expect(await ask(other)).toMatchObject({ error: 'authorization_pending' })
  })

  it('made up by a person for a code that they guess, with the secret of their own browser, does nothing (TOK-14)', async () => {
    const started = await start()
    const subject = 'github:5'
    const guesser = await signIn({ ...OCTOCAT, subject })
    const csrf = formToken(guesser.cookies.get('__Host-gatehouse-browser') ?? '', 'device', started.userCode, subject)
    const guess = { user_code: started.userCode, csrf, decision: 'approve', 'scope:read': 'yes' }
    const answer = await guesser.post('/device', guess)
    expect([answer.status, answer.page.text.includes(WRONG)]).toEqual([400, true])
    expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
    await guesser.get(started.url)
    expect((await guesser.post('/device', guess)).status).toBe(200)
  })

  it('of a person who has signed out leads to sign-in', async () => {
    const browser = await signIn()
    const question = await browser.get((await start()).url)
    browser.cookies.delete('__Host-gatehouse-session')
    expect((await browser.press(question, 'approve')).location?.pathname).toBe('/sign-in')
  })
})

it('a person who is not on the list of a server is told so, and the device goes on waiting', async () => {
  const started = await start({ resource: 'https://gate.test/docs/mcp', scope: undefined })
  const refusal = await signedIn.get(started.url)
  expect(refusal.status).toBe(403)
  expect(refusal.page.text).toContain('You are not on the list')
  expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
})

it('a client that was deleted meanwhile gets nothing (REG-15)', async () => {
  const gone = await flow.addClient({ grantTypes: [DEVICE_CODE_GRANT_TYPE], redirectUris: [] })
  const started = await start({ client_id: gone.clientId })
  const question = await signedIn.get(started.url)
  await flow.context.stores.clients.delete(gone.clientId)
  expect((await signedIn.press(question, 'approve')).page.text).toContain('Connect this app again')
  const devices = createDeviceAuthorizations(flow.context.stores)
  const authorization = await devices.findByCode(sha256(started.deviceCode))
  expect(await devices.decisionOf(authorization?.id ?? '')).toBeUndefined()
})

it('is 503 while the store is away, and nothing was decided', async () => {
  const started = await start()
  const question = await signedIn.get(started.url)
  const { decisions } = flow.context.stores
  const { decideOnce } = decisions
  Object.assign(decisions, { decideOnce: () => Promise.reject(new StoreUnavailableError('away')) })
  const away = await signedIn.press(question, 'approve')
  Object.assign(decisions, { decideOnce })
  expect(away.status).toBe(503)
  expect(await ask(started)).toMatchObject({ error: 'authorization_pending' })
  expect((await signedIn.press(question, 'approve')).status).toBe(200)
  expect(await ask(started)).toHaveProperty('access_token')
})

it('says so where the operator has switched it off (DEVICE_GRANT)', async () => {
  const off = await createFlow({ environment: { DEVICE_GRANT: 'off' }, mount: deviceEndpoint })
  const answer = await off.browser().get('/device')
  expect([answer.status, answer.page.text.includes('Not offered here')]).toEqual([400, true])
  await off.app.close()
})
