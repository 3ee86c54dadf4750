import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { DESKTOP, launchBrowser, PHONE } from './browser.ts'

/** `node tests/pages/take-screenshots.ts FOLDER`: every page, on a phone and a desk, light and dark; for looking at. */
const folder = process.argv[2] ?? 'screenshots'
mkdirSync(folder, { recursive: true })

const github = await startFakeGithub()
const scoped = echoServer({
  scopes: { 'notes:read': ['search', 'read_*', 'list_notes'], 'notes:write': ['create_note', 'delete_*'] },
})
const gateway = await startGateway(
  {
    GITHUB_URL: github.url,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    GOOGLE_CLIENT_ID: 'x',
    GOOGLE_CLIENT_SECRET: 'x',
    OIDC_ISSUER: 'http://127.0.0.1:9/',
    OIDC_CLIENT_ID: 'x',
    OIDC_NAME: 'Example Company',
    OPERATOR_PASSWORD: PASSWORD,
    ALLOWED_USERS: 'github:octocat',
  },
  { servers: { notes: scoped, memory: echoServer(), search: echoServer() } },
)
const browser = await launchBrowser()

async function registered(name: string, redirectUri: string, server = 'notes'): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server(server), { redirectUri })
  await client.discover()
  await client.register({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' })
  return client
}

const web = await registered('Claude', 'https://claude.ai/api/mcp/auth_callback')
const cli = await registered('Codex', 'http://127.0.0.1:53123/callback', 'memory')
const app = await registered('Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback', 'memory')
const long = await registered(`${'Extraordinarily '.repeat(5)}‮Long`, `https://${'very-long-name.'.repeat(6)}example.com/callback`)

const start = (client: OAuthClient, changes: Record<string, string | undefined> = {}) =>
  client.prepareAuthorization(changes).url.href

async function byPassword(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.fill('input[type=password]', PASSWORD)
  await page.click('form:has(input[type=password]) button')
}

/** Nobody listens at the clients' redirect URIs. */
const stay = (page: Page) =>
  page.route(
    ({ host }) => host === 'claude.ai' || host === '127.0.0.1:53123',
    (route) => route.abort(),
  )

const SHOTS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  home: (page) => page.goto(`${gateway.url}/`),
  'sign-in': (page) => page.goto(start(web)),
  'sign-in-wrong-password': async (page) => {
    await page.goto(start(cli))
    await page.fill('input[type=password]', 'not the password')
    await page.click('form:has(input[type=password]) button')
  },
  'consent-scopes': (page) => byPassword(page, start(web)),
  'consent-cli': (page) => byPassword(page, start(cli)),
  'consent-app-root': (page) =>
    byPassword(page, start(app, { resource: gateway.url, scope: 'mcp notes:read notes:write openid email' })),
  'consent-long': (page) => byPassword(page, start(long)),
  'consent-nothing-chosen': async (page) => {
    await byPassword(page, start(web))
    for (const box of await page.locator('input[type=checkbox]').all()) await box.uncheck()
    await page.click('button[value=approve]')
  },
  allowed: async (page) => {
    await byPassword(page, start(app))
    await page.click('button[value=approve]')
  },
  denied: async (page) => {
    await byPassword(page, start(app))
    await page.click('button[value=deny]')
  },
  'error-unknown-client': (page) => page.goto(start(web, { client_id: 'cli_gone' })),
  'error-faulty-request': (page) => page.goto(start(web, { code_challenge: undefined })),
  'error-provider-down': async (page) => {
    github.setFault('token', 'server-error')
    await page.goto(start(web))
    await page.click('button[value=github]')
    github.setFault('token', undefined)
  },
  'error-not-on-list': async (page) => {
    github.setUser({ id: 9, login: 'mallory', emails: [{ email: 'm@example.org', primary: true, verified: true }] })
    await page.goto(start(web))
    await page.click('button[value=github]')
  },
  'signed-in': async (page) => {
    await byPassword(page, `${gateway.url}/sign-in`)
  },
  'signed-out': async (page) => {
    await byPassword(page, `${gateway.url}/sign-in`)
    await page.click('main button')
  },
}

const only = process.argv[3]
for (const [name, open] of Object.entries(SHOTS)) {
  if (only !== undefined && !name.includes(only)) continue
  for (const [device, viewport] of [
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      await stay(page)
      await open(page)
      await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`), fullPage: true })
      await context.close()
    }
  }
}
await browser.close()
await gateway.close()
await github.close()
