import type { FastifyInstance } from 'fastify'
import { type Page, readPage } from '../../../../tests/support/html.ts'
import type { AuthorizeContext } from '../authorize/authorize-context.ts'
import { authorizeEndpoint } from '../authorize/authorize-endpoint.ts'
import { callbackEndpoint } from '../authorize/callback-endpoint.ts'
import { consentEndpoint } from '../authorize/consent-endpoint.ts'
import { pushedRequestEndpoint } from '../authorize/pushed-request-endpoint.ts'
import { signInEndpoint } from '../authorize/sign-in-endpoint.ts'
import { signOutEndpoint } from '../authorize/sign-out-endpoint.ts'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import { OPERATOR, type PasswordSignIn } from '../identity/password.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import type { Identity } from '../oauth/identity.ts'
import { createTestApp, createTestContext, form, OCTOCAT, type TestContext, type TestContextOptions } from './test-context.ts'

export const PASSWORD = 'the operator knows this'
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbGJSstw-cM'.padEnd(43, 'A')
export const LOOPBACK_URI = 'http://127.0.0.1:53123/callback'
export const WEB_URI = 'https://client.test/callback'

/** A provider without a network: whoever comes back is `identity`, unless `fault` is set. */
export interface FakeProvider extends IdentityProvider {
  identity: Identity
  fault: Error | undefined
  /** How often an answer was turned into a person. */
  completions: number
}

export function createFakeProvider(id = 'github', label = 'GitHub'): FakeProvider {
  const provider: FakeProvider = {
    id,
    label,
    identity: OCTOCAT,
    fault: undefined,
    completions: 0,
    loginUrl: async ({ state, chooseAccount }) =>
      new URL(`https://${id}.test/authorize?state=${state}${chooseAccount ? '&prompt=select_account' : ''}`),
    completeLogin: async () => {
      provider.completions++
      if (provider.fault) throw provider.fault
      return provider.identity
    },
  }
  return provider
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  readonly page: Page
  readonly location: URL | undefined
}

/** One browser: cookies, and the headers that browsers send. */
export interface TestBrowser {
  readonly cookies: Map<string, string>
  get(url: string, headers?: Readonly<Record<string, string | undefined>>): Promise<Answer>
  post(
    url: string,
    fields: Readonly<Record<string, string | undefined>>,
    headers?: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer>
  /** Posts the page's form that holds this button, as it stands but for `changes` (undefined takes a field away). */
  press(answer: Answer, button: string, changes?: Readonly<Record<string, string | undefined>>): Promise<Answer>
  /** From an authorization URL to the consent page, by the fake provider or the operator's password. */
  reachConsent(url: string, by?: 'provider' | 'password'): Promise<Answer>
}

export interface Flow {
  readonly context: TestContext
  readonly app: FastifyInstance
  readonly provider: FakeProvider
  /** Any number of them, each with its own cookies. @param address - where its requests come from */
  browser(address?: string): TestBrowser
  /** Registers a client and returns it. */
  addClient(members?: Partial<RegisteredClient>): Promise<RegisteredClient>
  /** A right authorization request of a client, with changes; undefined takes a parameter away. */
  authorizeUrl(client: RegisteredClient, changes?: Readonly<Record<string, string | undefined>>): string
}

export async function createFlow(
  options: TestContextOptions & {
    readonly passwordSignIn?: PasswordSignIn
    readonly provider?: FakeProvider
    /** Further endpoints. */
    readonly mount?: (scope: FastifyInstance, context: TestContext & AuthorizeContext) => void
  } = {},
): Promise<Flow> {
  const context = await createTestContext(options)
  const provider = options.provider ?? createFakeProvider()
  const passwordSignIn = options.passwordSignIn ?? {
    verify: async (password) => (password === PASSWORD ? OPERATOR : undefined),
  }
  const all = { ...context, providers: [provider, createFakeProvider('oidc', 'Company')], passwordSignIn }
  const app = await createTestApp((scope) => {
    pushedRequestEndpoint(scope, all)
    for (const mount of [authorizeEndpoint, signInEndpoint, callbackEndpoint, consentEndpoint, signOutEndpoint]) mount(scope, all)
    options.mount?.(scope, all)
  }, context)
  let clients = 0
  return {
    context,
    app,
    provider,
    browser: (address = '203.0.113.7') => createBrowser(app, context.config.publicOrigin, address),
    addClient: async (members = {}) => {
      const client = registeredClient(`cli_test_${clients++}`, members)
      await context.stores.clients.create(client, client.clientId, 1000)
      return client
    },
    authorizeUrl: (client, changes = {}) =>
      `/authorize?${form({
        response_type: 'code',
        client_id: client.clientId,
        redirect_uri: client.redirectUris[0],
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        state: 'st-1',
        resource: `${context.config.PUBLIC_URL}/memory/mcp`,
        ...changes,
      })}`,
  }
}

const registeredClient = (clientId: string, members: Partial<RegisteredClient>): RegisteredClient => ({
  clientId,
  source: 'registered',
  clientName: 'Test client',
  redirectUris: [LOOPBACK_URI],
  grantTypes: ['authorization_code', 'refresh_token'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'none',
  createdAt: 1,
  registrationTokenHashes: [],
  ...members,
})

/** What a browser says of a request that the person began, and of one that a page of ours began. */
const TYPED = { 'sec-fetch-site': 'none', accept: 'text/html,*/*;q=0.8' }
const OWN_FORM = { 'sec-fetch-site': 'same-origin', origin: 'null', accept: 'text/html,*/*;q=0.8' }

function createBrowser(app: FastifyInstance, origin: string, address: string): TestBrowser {
  const cookies = new Map<string, string>()
  const send = async (method: 'GET' | 'POST', url: string, headers: object, payload?: string): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.inject({
      method,
      url: url.replace(origin, ''),
      remoteAddress: address,
      headers: { host: new URL(origin).host, ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    for (const line of [response.headers['set-cookie'] ?? []].flat()) keep(cookies, line)
    const { location } = response.headers
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      page: readPage(response.body),
      location: location === undefined ? undefined : new URL(location, origin),
    }
  }
  const browser: TestBrowser = {
    cookies,
    get: (url, headers = {}) => send('GET', url, withoutGaps({ ...TYPED, ...headers })),
    post: (url, fields, headers = {}) =>
      send(
        'POST',
        url,
        withoutGaps({ ...OWN_FORM, 'content-type': 'application/x-www-form-urlencoded', ...headers }),
        form(fields),
      ),
    press: (answer, button, changes = {}) => {
      const found = answer.page.forms.find(({ buttons }) =>
        buttons.some(({ value, text }) => value === button || text === button),
      )
      const pressed = found?.buttons.find(({ value, text }) => value === button || text === button)
      if (!found || !pressed) throw new Error(`no button ${button} on: ${answer.page.text}`)
      const fields = Object.fromEntries(found.fields.map(({ name, value }) => [name, value]))
      return browser.post(found.action, {
        ...fields,
        ...(pressed.name === undefined ? {} : { [pressed.name]: pressed.value }),
        ...changes,
      })
    },
    reachConsent: async (url, by = 'provider') => {
      const signIn = await browser.get(url)
      if (signIn.location) return browser.get(signIn.location.href, { 'sec-fetch-site': 'cross-site' })
      if (by === 'password') {
        const onward = await browser.press(signIn, 'Sign in', { password: PASSWORD })
        return browser.get(onward.location?.href ?? '')
      }
      const away = await browser.press(signIn, 'github')
      const state = away.location?.searchParams.get('state')
      const back = await browser.get(
        `${new URL(signIn.page.forms[0]?.action ?? '', origin).href.replace('/sign-in', '/callback/github')}?code=c&state=${state}`,
        {
          'sec-fetch-site': 'cross-site',
        },
      )
      return browser.get(back.location?.href ?? '', { 'sec-fetch-site': 'cross-site' })
    },
  }
  return browser
}

const withoutGaps = (headers: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  if (/Max-Age=0\b/.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}

/** Where a page of ours takes the browser: by itself, and by its link. */
export const onwardOf = (answer: Answer): URL => new URL(answer.page.refresh ?? 'none:')
