import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DESKTOP, launchBrowser, PHONE, whyNoBrowser } from './browser.ts'
import { type Scenes, startScenes } from './scenes.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const NAMES = [
  'home',
  'sign-in',
  'sign-in-wrong-password',
  'consent-scopes',
  'consent-cli',
  'consent-document',
  'consent-app-root',
  'consent-long',
  'consent-nothing-chosen',
  'allowed',
  'denied',
  'error-unknown-client',
  'error-faulty-request',
  'error-provider-down',
  'error-not-on-list',
  'device-code',
  'device-wrong-code',
  'device-question',
  'device-on-your-phone',
  'device-allowed',
  'device-denied',
  'error-link-over',
  'account',
  'account-disconnected',
  'account-signed-out',
  'token-what-for',
  'token-form',
  'token-form-fault',
  'token-shown',
  'signed-in',
  'signed-out',
]

describe.skipIf(whyNoBrowser !== undefined)(`every page${whyNoBrowser === undefined ? '' : ` (${whyNoBrowser})`}`, () => {
  let scenes: Scenes
  let browser: Browser
  beforeAll(async () => {
    scenes = await startScenes()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await scenes?.close()
  })

  it('is listed here', () => {
    expect(Object.keys(scenes.all)).toEqual(NAMES)
  })

  it.each(NAMES)('%s has nothing that keeps people out, in the light and in the dark', async (name) => {
    // axe is a script, which the pages' own policy would stop.
    const context = await browser.newContext({ viewport: PHONE, bypassCSP: true })
    const page = await context.newPage()
    await scenes.all[name]?.(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const results = await page.evaluate<AxeResults>(`${axe}; axe.run()`)
      const faults = results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      expect(faults, colorScheme).toEqual([])
    }
    await context.close()
  })

  it.each(NAMES)(
    '%s fits a phone and a desk, runs no script, and asks nobody else for anything (WEB-01, CON-12)',
    async (name) => {
      const context = await browser.newContext({ javaScriptEnabled: false })
      const page = await context.newPage()
      const complaints: string[] = []
      const foreign: string[] = []
      const answers: Record<string, string>[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('response', (response) => answers.push(response.headers()))
      page.on('request', (request) => {
        const isOurs = request.url().startsWith(scenes.gateway.url) || request.url().startsWith('data:')
        if (!isOurs && !request.isNavigationRequest()) foreign.push(request.url())
      })
      await scenes.all[name]?.(page)
      expect(await page.title()).toMatch(/ · Gatehouse$/)
      for (const viewport of [PHONE, DESKTOP]) {
        await page.setViewportSize(viewport)
        const [content, window] = await page.locator('body').evaluate((body) => [body.scrollWidth, body.clientWidth])
        expect(content).toBe(window)
      }
      expect(await page.locator('script').count()).toBe(0)
      expect(complaints.filter((text) => /Content Security Policy|Refused/.test(text))).toEqual([])
      expect(foreign).toEqual([])
      const { 'content-security-policy': policy, ...headers } = answers.at(-1) ?? {}
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'$/,
      )
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      await context.close()
    },
  )
})
