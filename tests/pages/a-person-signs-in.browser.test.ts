import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FakeGithub, startFakeGithub } from '../support/fake-github.ts'
import { echoServer, type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import type { AuthorizationAttempt, OAuthClient } from '../support/oauth-client.ts'
import { launchBrowser, whyNoBrowser } from './browser.ts'
import { registerClient, signInByPassword } from './scenes.ts'

/** The client's own listener on this machine. */
interface Listener {
  readonly redirectUri: string
  readonly answers: URL[]
  readonly referrers: (string | undefined)[]
  close(): void
}

async function listen(): Promise<Listener> {
  const answers: URL[] = []
  const referrers: (string | undefined)[] = []
  const server: Server = createServer((request: IncomingMessage, response) => {
    if (request.url?.startsWith('/callback')) {
      answers.push(new URL(request.url, 'http://127.0.0.1'))
      referrers.push(request.headers.referer)
    }
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Done</title>You can close this window.')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  return { redirectUri, answers, referrers, close: () => void server.close() }
}

describe.skipIf(whyNoBrowser !== undefined)('a person with Chromium', () => {
  let browser: Browser
  let github: FakeGithub
  let gateway: Gateway
  let listener: Listener
  let client: OAuthClient
  let context: BrowserContext
  let page: Page
  let attempt: AuthorizationAttempt
  beforeAll(async () => {
    browser = await launchBrowser()
    github = await startFakeGithub()
    listener = await listen()
    gateway = await startGateway(
      {
        GITHUB_URL: github.url,
        GITHUB_CLIENT_ID: github.clientId,
        GITHUB_CLIENT_SECRET: github.clientSecret,
        OPERATOR_PASSWORD: PASSWORD,
        ALLOWED_USERS: 'github:octocat',
      },
      { servers: { echo: echoServer({ scopes: { read: ['get_*'], write: ['set_*'] } }), other: echoServer() } },
    )
    client = await registerClient(gateway, 'Command line', listener.redirectUri)
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    await github?.close()
    listener?.close()
  })
  beforeEach(async () => {
    await context?.close()
    // Nothing on the way needs a script.
    context = await browser.newContext({ javaScriptEnabled: false })
    page = await context.newPage()
    listener.answers.length = 0
    attempt = client.prepareAuthorization()
  })

  const answerAtClient = async () => {
    await page.waitForURL((url) => url.href.startsWith(listener.redirectUri))
    return listener.answers.at(-1)?.searchParams ?? new URLSearchParams()
  }

  it('signs in by password, approves, and is back at the program with a code that works (rule 27)', async () => {
    await signInByPassword(page, attempt.url.href)
    await page.click('button[value=approve]')
    const answer = await answerAtClient()
    expect(Object.fromEntries(answer)).toMatchObject({ state: attempt.state, iss: gateway.url })
    expect((await client.exchange(answer.get('code') ?? '', attempt)).status).toBe(200)
    expect(listener.referrers.at(-1)).toBeUndefined()
  })

  it('goes by GitHub’s own page, and the cookies come back with them (CON-09)', async () => {
    github.setDecision('page')
    await page.goto(attempt.url.href)
    await page.click('button[value=github]')
    await page.click('button[value=approve]')
    await page.waitForURL((url) => url.href.startsWith(gateway.url))
    expect(await page.textContent('h1')).toContain('Allow “Command line”')
    const cookies = await context.cookies()
    expect(cookies.map(({ name }) => name).sort()).toEqual(['__Host-gatehouse-browser', '__Host-gatehouse-session'])
    for (const cookie of cookies) expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/' })
    await page.click('button[value=approve]')
    expect((await answerAtClient()).has('code')).toBe(true)
  })

  it('denies by the button, and by Enter on the page (decision 5)', async () => {
    await signInByPassword(page, attempt.url.href)
    await page.click('button[value=deny]')
    expect((await answerAtClient()).get('error')).toBe('access_denied')
    attempt = client.prepareAuthorization()
    await page.goto(attempt.url.href)
    await page.focus('input[type=checkbox]')
    await page.keyboard.press('Enter')
    expect((await answerAtClient()).get('error')).toBe('access_denied')
  })

  it('finds deny before allow by Tab', async () => {
    await signInByPassword(page, attempt.url.href)
    await page.waitForSelector('button[value=deny]')
    const seen: (string | null)[] = []
    while (!seen.includes('approve') && seen.length < 10) {
      await page.keyboard.press('Tab')
      seen.push(await page.evaluate<string | null>('document.activeElement.getAttribute("value")'))
    }
    expect(seen.indexOf('deny')).toBeGreaterThan(-1)
    expect(seen.indexOf('deny')).toBeLessThan(seen.indexOf('approve'))
  })

  it('unticks a scope, and the token lacks it (SCP-06)', async () => {
    attempt = client.prepareAuthorization({ scope: 'read write' })
    await signInByPassword(page, attempt.url.href)
    await page.uncheck('input[name="scope:write"]')
    await page.click('button[value=approve]')
    const tokens = await client.exchange((await answerAtClient()).get('code') ?? '', attempt)
    expect(tokens.json().scope).toBe('read')
  })

  it('clicks twice and still gets in (rule 27, CON-08)', async () => {
    await signInByPassword(page, attempt.url.href)
    await page.dblclick('button[value=approve]')
    const answer = await answerAtClient()
    expect((await client.exchange(answer.get('code') ?? '', attempt)).status).toBe(200)
  })

  it('goes back to a web site, which learns nothing about where they were', async () => {
    const site = await registerClient(gateway, 'Web site', 'https://client.test/callback')
    const seen: (string | undefined)[] = []
    await context.route('https://client.test/**', (route) => {
      seen.push(route.request().headers().referer)
      return route.fulfill({ status: 200, contentType: 'text/html', body: '<title>Back</title>' })
    })
    await signInByPassword(page, site.prepareAuthorization().url.href)
    await page.click('button[value=approve]')
    await page.waitForURL(/^https:\/\/client\.test\/callback\?code=cod_/)
    expect(seen).toEqual([undefined])
  })

  it('cannot be shown our pages inside another site’s (CON-12)', async () => {
    await context.route('http://evil.test/', (route) =>
      route.fulfill({
        status: 200,
        contentType: 'text/html',
        body: `<iframe src="${attempt.url.href.replaceAll('&', '&amp;')}"></iframe>`,
      }),
    )
    await page.goto('http://evil.test/')
    const frame = page.frames().at(1)
    expect(frame?.url()).not.toContain(gateway.url)
  })

  it('is asked although they said yes before, when another site sends them (decision 5)', async () => {
    const site = await registerClient(gateway, 'Another web site', 'https://client.test/callback')
    const link = () => site.prepareAuthorization().url.href
    await context.route('https://client.test/**', (route) =>
      route.fulfill({
        status: 200,
        contentType: 'text/html',
        body: `<a id="go" href="${link().replaceAll('&', '&amp;')}">Connect</a>`,
      }),
    )
    await signInByPassword(page, link())
    await page.click('button[value=approve]')
    await page.waitForURL(/^https:\/\/client\.test\/callback\?code=cod_/)
    await page.click('#go')
    await page.waitForURL((url) => url.href.startsWith(gateway.url))
    expect(await page.textContent('main')).toContain('You allowed it before')
  })

  it('uses another account', async () => {
    await signInByPassword(page, attempt.url.href)
    await page.click('text=Use another account')
    await page.click('button[value=github]')
    if (page.url().startsWith(github.url)) await page.click('button[value=approve]')
    await page.waitForURL((url) => url.pathname === '/consent')
    expect(await page.textContent('main')).toContain('octocat')
  })
})
