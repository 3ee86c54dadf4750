import type { Page } from 'playwright-core'
import { newGrantId } from '../../services/auth/src/oauth/code.ts'
import type { Grant } from '../../services/auth/src/oauth/grant.ts'
import { type Gateway, PASSWORD } from '../support/gateway.ts'
import type { OAuthClient } from '../support/oauth-client.ts'

type Scene = (page: Page) => Promise<unknown>

const HOUR = 3600
const DAY = 24 * HOUR

/** The pages of the account, of an operator who has connected these clients. */
export async function accountScenes(
  gateway: Gateway,
  clients: { readonly web: OAuthClient; readonly cli: OAuthClient; readonly long: OAuthClient },
): Promise<Record<string, Scene>> {
  const now = Math.floor(gateway.clock.now() / 1000)
  const { grants } = gateway.gatehouse.auth.stores
  const connect = async (clientId: string, server: string, age: number, changes: Partial<Grant> = {}): Promise<void> => {
    const grant: Grant = {
      id: newGrantId(),
      clientId,
      identity: { subject: 'password:operator', provider: 'password', groups: [], organizations: [], teams: [] },
      scopes: ['mcp'],
      resource: server === '' ? gateway.url : gateway.server(server),
      createdAt: now - age,
      ...changes,
    }
    await grants.create(grant, { refreshHash: grant.id, expiresAt: now + 90 * DAY })
  }
  const idOf = (client: OAuthClient) => client.registration.client_id
  await connect(idOf(clients.web), 'notes', 20 * DAY, { scopes: ['notes:read', 'notes:write', 'openid', 'email'] })
  await connect(idOf(clients.web), '', 70 * DAY, { scopes: ['mcp', 'notes:read', 'notes:write'] })
  await connect(idOf(clients.cli), 'memory', 5 * HOUR, { via: 'device_code' })
  await connect(idOf(clients.long), 'search', 40 * DAY)
  await connect('https://down.example.com/oauth/client-metadata.json', 'gone', 30 * DAY, { via: 'jwt_bearer' })
  let made = 0
  const makeToken = async (page: Page, name = `Nightly report ${++made}`): Promise<void> => {
    await openAccount(page, gateway, `?resource=${encodeURIComponent(gateway.server('notes'))}`, '/account/tokens/new')
    await page.fill('#name', name)
    await page.check('input[name="scope:notes:read"]')
    await page.click('button.primary')
  }
  return {
    account: async (page) => {
      await makeToken(page)
      await page.click('a.primary')
    },
    'account-disconnected': async (page) => {
      await connect(idOf(clients.cli), 'search', 0)
      await openAccount(page, gateway)
      await page.click('button[aria-label="Disconnect Codex from search"]')
    },
    'account-signed-out': async (page) => {
      await openAccount(page, gateway)
      await page.click('button[value=browsers]')
    },
    'token-what-for': (page) => openAccount(page, gateway, '', '/account/tokens/new'),
    'token-form': (page) =>
      openAccount(page, gateway, `?resource=${encodeURIComponent(gateway.server('notes'))}`, '/account/tokens/new'),
    'token-form-fault': async (page) => {
      await openAccount(page, gateway, `?resource=${encodeURIComponent(gateway.server('notes'))}`, '/account/tokens/new')
      await page.fill('#name', 'Nightly report')
      await page.click('button.primary')
    },
    'token-shown': (page) => makeToken(page),
  }
}

/** Signs in on the way, when the page asks for that. */
async function openAccount(page: Page, gateway: Gateway, query = '', path = '/account'): Promise<void> {
  await page.goto(`${gateway.url}/account`)
  if (await page.locator('input[type=password]').count()) {
    await page.fill('input[type=password]', PASSWORD)
    await page.click('form:has(input[type=password]) button')
  }
  if (path !== '/account' || query !== '') await page.goto(`${gateway.url}${path}${query}`)
}
