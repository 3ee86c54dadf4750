import jsqr from 'jsqr'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { echoServer, type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { form, send } from '../support/http.ts'
import type { OAuthClient } from '../support/oauth-client.ts'
import { launchBrowser, PHONE, whyNoBrowser } from './browser.ts'
import { DEVICE_CODE, registerClient, signInByPassword } from './scenes.ts'

describe.skipIf(whyNoBrowser !== undefined)('a person with Chromium and a device', () => {
  let browser: Browser
  let gateway: Gateway
  let client: OAuthClient
  let context: BrowserContext
  let page: Page
  let started: Readonly<Record<string, unknown>>
  beforeAll(async () => {
    browser = await launchBrowser()
    gateway = await startGateway(
      { OPERATOR_PASSWORD: PASSWORD },
      { servers: { echo: echoServer({ scopes: { read: ['get_*'], write: ['set_*'] } }) } },
    )
    client = await registerClient(gateway, 'Command line', 'http://127.0.0.1:53123/callback', 'echo', [DEVICE_CODE])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })
  beforeEach(async () => {
    await context?.close()
    // Nothing on the way needs a script.
    context = await browser.newContext({ javaScriptEnabled: false, viewport: PHONE })
    page = await context.newPage()
    started = await post('/device_authorization', { resource: gateway.server(), scope: 'read write' })
  })

  const post = async (path: string, fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => {
    const all = { client_id: client.registration.client_id, ...fields }
    return (await send(`${gateway.url}${path}`, { method: 'POST', ...form(all) })).json()
  }
  const ask = () => post('/token', { grant_type: DEVICE_CODE, device_code: String(started.device_code) })

  it('types the code as they please, compares it, unticks a scope, and lets the device in', async () => {
    await signInByPassword(page, `${gateway.url}/device`)
    await page.fill('input[name=user_code]', String(started.user_code).toLowerCase().replace('-', ''))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.user-code')
    expect(await page.textContent('h1')).toBe('Connect “Command line” to echo?')
    expect(await page.textContent('.user-code')).toBe(started.user_code)
    expect(await page.textContent('main')).toContain('on a device you have in front of you')
    await page.uncheck('input[name="scope:write"]')
    await page.click('button[value=approve]')
    await page.waitForSelector('text=You may close this page')
    expect(await ask()).toMatchObject({ scope: 'read' })
  })

  it('is asked to correct a code that does not work, with the same words for every reason', async () => {
    await signInByPassword(page, `${gateway.url}/device?user_code=BBBB-BBBB`)
    expect(await page.getAttribute('input[name=user_code]', 'aria-invalid')).toBe('true')
    await page.fill('input[name=user_code]', String(started.user_code))
    await page.click('text=Continue')
    await page.waitForSelector('.user-code')
    expect(await page.textContent('.user-code')).toBe(started.user_code)
  })

  it('opens the link, and Enter on the question says no (decision 5)', async () => {
    await signInByPassword(page, String(started.verification_uri_complete))
    await page.focus('input[type=checkbox]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('h1:text-is("Not allowed")')
    expect(await ask()).toMatchObject({ error: 'access_denied' })
  })

  it('clicks twice and is told the same', async () => {
    await signInByPassword(page, String(started.verification_uri_complete))
    await page.dblclick('button[value=approve]')
    await page.waitForSelector('h1:has-text("Allowed")')
    expect(await ask()).toHaveProperty('access_token')
  })

  it.each(['light', 'dark'] as const)(
    'scans the QR code off the page in the %s, and off the picture for devices',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme })
      await signInByPassword(page, String(started.verification_uri_complete))
      await page.click('summary')
      expect(await scan(await page.locator('svg.qr').screenshot())).toBe(started.verification_uri_complete)
      await page.goto(String(started.verification_uri_qr))
      expect(await scan(await page.screenshot())).toBe(started.verification_uri_complete)
    },
  )

  /** What a phone's camera reads off a photograph: Chromium decodes the picture, jsqr the code in it. */
  async function scan(png: Buffer): Promise<string | undefined> {
    const camera = await browser.newContext()
    const lens = await camera.newPage()
    // A letter a pixel: a list of numbers takes half a minute to get here.
    const image = await lens.evaluate<{ light: string; width: number; height: number }>(`(async () => {
      const picture = await createImageBitmap(await (await fetch('data:image/png;base64,${png.toString('base64')}')).blob())
      const { width, height } = picture
      const paper = new OffscreenCanvas(width, height).getContext('2d')
      paper.drawImage(picture, 0, 0)
      const { data } = paper.getImageData(0, 0, width, height)
      let light = ''
      for (let at = 0; at < data.length; at += 4) light += data[at + 1] > 127 ? '1' : '0'
      return { light, width, height }
    })()`)
    await camera.close()
    const read = (jsqr as unknown as { default?: typeof jsqr.default }).default ?? (jsqr as unknown as typeof jsqr.default)
    const pixels = new Uint8ClampedArray(image.light.length * 4).fill(255)
    for (const [at, isLight] of [...image.light].entries()) if (isLight === '0') pixels.fill(0, at * 4, at * 4 + 3)
    return read(pixels, image.width, image.height)?.data
  }
})
