import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RegisteredClient } from '../../services/auth/src/oauth/client.ts'
import { newGrantId } from '../../services/auth/src/oauth/code.ts'
import type { Grant } from '../../services/auth/src/oauth/grant.ts'
import { echoServer, type Gateway, startGateway } from '../support/gateway.ts'
import { launchBrowser, whyNoBrowser } from './browser.ts'
import { HOSTILE } from './hostile-text.ts'
import { signInByPassword } from './scenes.ts'

const OPERATOR = { subject: 'password:operator', provider: 'password', groups: [], organizations: [], teams: [] }

describe.skipIf(whyNoBrowser !== undefined)('text from outside, on the pages of the account', () => {
  let browser: Browser
  let gateway: Gateway
  beforeAll(async () => {
    browser = await launchBrowser()
    gateway = await startGateway(
      {},
      { servers: { echo: echoServer({ scopes: { read: [...HOSTILE], write: ['x'] } }), other: echoServer() } },
    )
    const { clients, grants } = gateway.gatehouse.auth.stores
    const now = Math.floor(gateway.clock.now() / 1000)
    const connect = (changes: Partial<Grant>) => {
      const grant = {
        id: newGrantId(),
        clientId: 'x',
        identity: OPERATOR,
        scopes: ['read'],
        resource: gateway.server(),
        createdAt: now,
        ...changes,
      }
      return grants.create(grant, { refreshHash: grant.id, expiresAt: now + 86_400 })
    }
    for (const [index, text] of HOSTILE.entries()) {
      const client: RegisteredClient = {
        clientId: `cli_${index}`,
        source: 'registered',
        clientName: text,
        redirectUris: [],
        grantTypes: [],
        responseTypes: [],
        tokenEndpointAuthMethod: 'none',
        createdAt: now,
        registrationTokenHashes: [],
      }
      await clients.create(client, client.clientId, 1000)
      await connect({ clientId: client.clientId, scopes: [text, 'read'], resource: `${gateway.url}/${text}` })
      // A client that is no longer known is shown by its id alone.
      await connect({ clientId: text })
      if (index < 20)
        await connect({
          clientId: 'personal-token',
          via: 'personal_token',
          scopes: [text],
          personalToken: { name: text, tokenHash: text },
        })
    }
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('runs no script and adds no element: names of apps, tokens, scopes and servers, stored or just typed (OPS-06)', async () => {
    const page = await (await browser.newContext()).newPage()
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await signInByPassword(page, `${gateway.url}/sign-in?return_to=/account`)
    expect(await page.textContent('h1')).toBe('Your account')
    expect(await page.locator('section').count()).toBe(HOSTILE.length + new Set(HOSTILE).size + 20)
    await inspect()
    for (const text of HOSTILE) {
      await page.goto(`${gateway.url}/account/tokens/new?${new URLSearchParams({ resource: gateway.server() })}`)
      await page.locator('#name').evaluate((field) => field.removeAttribute('maxlength'))
      await page.fill('#name', text)
      await page.click('button.primary')
      expect(await page.textContent('p.fault')).toMatch(/^(Choose at least one|The name is longer)/)
      expect(await page.inputValue('#name')).toBe(text)
      await inspect()
    }
    await page.fill('#name', '"><script>xss=1</script> <img src=x>')
    await page.check('input[name="scope:read"]')
    await page.click('button.primary')
    expect(await page.textContent('h1')).toBe('Your new token')
    await inspect()
    await page.goto(`${gateway.url}/account?done=${encodeURIComponent('<script>xss=1</script>')}&proof=x`)
    await inspect()
    expect(dialogs).toEqual([])

    async function inspect(): Promise<void> {
      const facts = await page.evaluate(`({
        ran: 'xss' in window,
        elements: document.querySelectorAll('script, iframe, object, embed, img, base, [onerror], [onload], [style], svg [href]').length,
        mains: document.querySelectorAll('main').length,
      })`)
      expect(facts).toEqual({ ran: false, elements: 0, mains: 1 })
    }
  })
})
