import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeGithub, startFakeGithub } from '../support/fake-github.ts'
import { echoServer, type Gateway, startGateway } from '../support/gateway.ts'
import type { OAuthClient } from '../support/oauth-client.ts'
import { launchBrowser, whyNoBrowser } from './browser.ts'
import { HOSTILE } from './hostile-text.ts'
import { DEVICE_CODE, linkOf, registerClient, startDevice } from './scenes.ts'

describe.skipIf(whyNoBrowser !== undefined)('text from outside', () => {
  let browser: Browser
  let github: FakeGithub
  let gateway: Gateway
  const clients: [text: string, client: OAuthClient][] = []
  beforeAll(async () => {
    browser = await launchBrowser()
    github = await startFakeGithub()
    gateway = await startGateway(
      {
        GITHUB_URL: github.url,
        GITHUB_CLIENT_ID: github.clientId,
        GITHUB_CLIENT_SECRET: github.clientSecret,
        ALLOWED_USERS: '*',
        OIDC_ISSUER: 'http://127.0.0.1:9/',
        OIDC_CLIENT_ID: 'not-asked',
        OIDC_NAME: '"><script>xss=1</script>',
      },
      { servers: { echo: echoServer({ scopes: { read: [...HOSTILE], write: ['x'] } }) } },
    )
    for (const text of HOSTILE)
      clients.push([text, await registerClient(gateway, text, 'https://client.test/callback', 'echo', [DEVICE_CODE])])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    await github?.close()
  })

  it('in names of clients, people, providers and tools runs no script and adds no element (CON-14)', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.route('https://client.test/**', (route) => route.abort())
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    for (const [index, [text, client]] of clients.entries()) {
      // Another person each time: one may look up twenty codes.
      github.setUser({ id: index + 1, login: text, name: text, emails: [{ email: text, primary: true, verified: true }] })
      await context.clearCookies()
      await page.goto(linkOf(client, { scope: 'read write', state: text }))
      await inspect()
      await page.click('button[value=github]')
      await inspect()
      expect(await page.textContent('h1')).toMatch(/^Allow /)
      await page.goto(linkOf(client, { response_type: text }))
      await inspect()
      await page.goto(await startDevice(client))
      await inspect()
      expect(await page.textContent('h1')).toMatch(/^Connect /)
      await page.goto(`${gateway.url}/device?user_code=${encodeURIComponent(text)}`)
      await inspect()
    }
    expect(dialogs).toEqual([])

    async function inspect(): Promise<void> {
      const facts = await page.evaluate(`({
        ran: 'xss' in window,
        elements: document.querySelectorAll('script, iframe, object, embed, img, base, [onerror], [onload], [style], svg [href]').length,
        styles: document.querySelectorAll('style').length,
        mains: document.querySelectorAll('main').length,
      })`)
      expect(facts).toEqual({ ran: false, elements: 0, styles: 1, mains: 1 })
    }
  })
})
