import type { Page } from 'playwright-core'
import { type DocumentServer, startDocumentServer } from '../../services/auth/src/testing/document-server.ts'
import { startFakeGithub } from '../support/fake-github.ts'
import { echoServer, type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { form, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { accountScenes } from './account-scenes.ts'

/** Brings a browser's page to one page of the gateway. */
type Scene = (page: Page) => Promise<unknown>

export interface Scenes {
  readonly gateway: Gateway
  /** Every page there is, by name, in the order in which people meet them. */
  readonly all: Readonly<Record<string, Scene>>
  close(): Promise<void>
}

const STRANGER = {
  id: 9,
  login: 'mallory',
  emails: [{ email: 'mallory@example.org', primary: true, verified: true }],
}

/** A gateway with every way to sign in, clients of every kind, and a server with scopes. */
export async function startScenes(): Promise<Scenes> {
  const github = await startFakeGithub({ user: STRANGER })
  const documents = await startDocumentServer()
  const gateway = await startGateway(
    {
      GITHUB_URL: github.url,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      GOOGLE_CLIENT_ID: 'not-asked',
      GOOGLE_CLIENT_SECRET: 'not-asked',
      OIDC_ISSUER: 'http://127.0.0.1:9/',
      OIDC_CLIENT_ID: 'not-asked',
      OIDC_NAME: 'Example Company',
      OPERATOR_PASSWORD: PASSWORD,
      ALLOWED_USERS: 'github:octocat',
      CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost',
    },
    {
      servers: {
        notes: echoServer({
          scopes: { 'notes:read': ['search', 'read_*', 'list_notes'], 'notes:write': ['create_note', 'delete_*'] },
        }),
        memory: echoServer(),
        search: echoServer(),
      },
    },
  )
  const register = (name: string, redirectUri: string, server = 'notes') => registerClient(gateway, name, redirectUri, server)
  const web = await register('Claude', 'https://claude.ai/api/mcp/auth_callback')
  const cli = await register('Codex', 'http://127.0.0.1:53123/callback', 'memory')
  const app = await register('Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback', 'memory')
  const long = await register('Extraordinarily '.repeat(5), `https://${'very-long-name.'.repeat(6)}example.com/callback`)
  const device = await registerClient(gateway, 'Claude Code', 'http://127.0.0.1:53124/callback', 'notes', [DEVICE_CODE])
  const documented = await publishClient(gateway, documents, 'http://127.0.0.1:53125/callback')
  const everything = { resource: gateway.url, scope: 'mcp notes:read notes:write openid email' }

  const all: Record<string, Scene> = {
    home: (page) => page.goto(`${gateway.url}/`),
    'sign-in': (page) => page.goto(linkOf(web)),
    'sign-in-wrong-password': (page) => signInByPassword(page, linkOf(cli), 'not the password'),
    'consent-scopes': (page) => signInByPassword(page, linkOf(web)),
    'consent-cli': (page) => signInByPassword(page, linkOf(cli)),
    'consent-document': (page) => signInByPassword(page, linkOf(documented)),
    'consent-app-root': (page) => signInByPassword(page, linkOf(app, everything)),
    'consent-long': (page) => signInByPassword(page, linkOf(long)),
    'consent-nothing-chosen': async (page) => {
      await signInByPassword(page, linkOf(web))
      for (const box of await page.locator('input[type=checkbox]').all()) await box.uncheck()
      await page.click('button[value=approve]')
    },
    allowed: (page) => answer(page, linkOf(app), 'approve'),
    denied: (page) => answer(page, linkOf(app), 'deny'),
    'error-unknown-client': (page) => page.goto(linkOf(web, { client_id: 'cli_gone' })),
    'error-faulty-request': (page) => page.goto(linkOf(web, { code_challenge: undefined })),
    'error-provider-down': async (page) => {
      await page.goto(linkOf(web))
      await page.click('button[value=oidc]')
    },
    'error-not-on-list': async (page) => {
      await page.goto(linkOf(web))
      await page.click('button[value=github]')
    },
    'device-code': (page) => signInByPassword(page, `${gateway.url}/device`),
    'device-wrong-code': (page) => signInByPassword(page, `${gateway.url}/device?user_code=BBBB-BBBB`),
    'device-question': async (page) => signInByPassword(page, await startDevice(device, 'notes:read notes:write')),
    'device-on-your-phone': async (page) => {
      await signInByPassword(page, await startDevice(device, 'notes:read notes:write'))
      await page.click('summary')
    },
    'device-allowed': async (page) => {
      await signInByPassword(page, await startDevice(device, 'notes:read notes:write'))
      await page.click('button[value=approve]')
    },
    'device-denied': async (page) => {
      await signInByPassword(page, await startDevice(device, 'notes:read notes:write'))
      await page.click('button[value=deny]')
    },
    'error-link-over': (page) => page.goto(linkOf(web, { request_uri: 'urn:ietf:params:oauth:request_uri:not-any-more' })),
    ...(await accountScenes(gateway, { web, cli, long })),
    'signed-in': (page) => signInByPassword(page, `${gateway.url}/sign-in`),
    'signed-out': async (page) => {
      await signInByPassword(page, `${gateway.url}/sign-in`)
      await page.click('main button')
    },
  }
  return {
    gateway,
    all,
    close: async () => {
      await gateway.close()
      await github.close()
      await documents.close()
    },
  }
}

/** Begins the sign-in of a device. @returns the link for its person */
export async function startDevice(client: OAuthClient, scope?: string): Promise<string> {
  const { origin, pathname } = new URL('device_authorization', client.discovery.server.token_endpoint)
  const fields = { client_id: client.registration.client_id, resource: client.serverUrl, scope }
  const response = await send(origin + pathname, { method: 'POST', ...form(fields) })
  return String(response.json().verification_uri_complete)
}

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** @param grantTypes - beside the usual ones */
export async function registerClient(
  gateway: Gateway,
  name: string,
  redirectUri: string,
  server?: string,
  grantTypes: readonly string[] = [],
): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server(server), { redirectUri })
  await client.discover()
  await client.register({
    client_name: name,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', ...grantTypes],
  })
  return client
}

/** A client whose id is the URL of its document, with all that a document may want to be shown. */
async function publishClient(gateway: Gateway, documents: DocumentServer, redirectUri: string): Promise<OAuthClient> {
  const clientId = `${documents.url}/client.json`
  documents.answer({
    client_id: clientId,
    client_name: 'Agent Workbench',
    client_uri: `https://localhost:${documents.port}/`,
    logo_uri: `https://localhost:${documents.port}/logo.png`,
    redirect_uris: [redirectUri],
  })
  const client = new OAuthClient(gateway.server('notes'), { redirectUri })
  await client.discover()
  client.adopt({ client_id: clientId, token_endpoint_auth_method: 'none', redirect_uris: [redirectUri] })
  return client
}

/** The link with which a client sends a person here. */
export const linkOf = (client: OAuthClient, changes: Readonly<Record<string, string | undefined>> = {}): string =>
  client.prepareAuthorization(changes).url.href

export async function signInByPassword(page: Page, url: string, password = PASSWORD): Promise<void> {
  await page.goto(url)
  await page.fill('input[type=password]', password)
  await page.click('form:has(input[type=password]) button')
}

/** Up to the page that leads on to the client, which stays here to be looked at. */
async function answer(page: Page, url: string, decision: 'approve' | 'deny'): Promise<void> {
  await page.route('**/consent', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, '') })
  })
  await signInByPassword(page, url)
  await page.click(`button[value=${decision}]`)
}
