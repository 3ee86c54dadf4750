import { accountEndpoint } from '../account/account-endpoint.ts'
import { personalTokenEndpoint } from '../account/personal-token-endpoint.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { type Answer, createFlow, type Flow, type TestBrowser } from './sign-in-flow.ts'
import { OCTOCAT } from './test-context.ts'

export interface AccountFlow extends Flow {
  /** A browser in which this person is signed in; octocat by default. */
  signedIn(identity?: Identity): Promise<TestBrowser>
  /** A live grant of octocat's, with changes. */
  connect(changes?: Partial<Grant>): Promise<Grant>
  isAlive(grant: Grant): Promise<boolean>
}

/** The sign-in flow with the account's pages. */
export async function createAccountFlow(options: Parameters<typeof createFlow>[0] = {}): Promise<AccountFlow> {
  const flow = await createFlow({
    ...options,
    mount: (scope, context) => {
      accountEndpoint(scope, context)
      personalTokenEndpoint(scope, context)
    },
  })
  const { stores, clock, config } = flow.context
  const now = () => Math.floor(clock() / 1000)
  return {
    ...flow,
    signedIn: async (identity = OCTOCAT) => {
      flow.provider.identity = identity
      const browser = flow.browser()
      const away = await browser.press(await browser.get('/sign-in?return_to=/account'), 'github')
      const state = away.location?.searchParams.get('state')
      await browser.get(`/callback/github?code=c&state=${state}`, { 'sec-fetch-site': 'cross-site' })
      return browser
    },
    connect: async (changes = {}) => {
      const grant: Grant = {
        id: newGrantId(),
        clientId: 'cli_gone',
        identity: OCTOCAT,
        redirectUri: 'https://client.test/callback',
        scopes: ['mcp'],
        resource: `${config.PUBLIC_URL}/memory/mcp`,
        createdAt: now(),
        ...changes,
      }
      await stores.grants.create(grant, { refreshHash: `hash of ${grant.id}`, expiresAt: now() + 7_776_000 })
      return grant
    },
    isAlive: async (grant) => (await stores.grants.find(grant.id)) !== undefined,
  }
}

/** Presses the button of the form that has this field, as it stands but for `changes`. */
export function pressFor(
  browser: TestBrowser,
  { page }: Answer,
  [name, value]: readonly [name: string, value: string],
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const found = page.forms.find(({ fields }) => fields.some((field) => field.name === name && field.value === value))
  if (!found) throw new Error(`no form with ${name}=${value} on: ${page.text}`)
  return browser.post(found.action, { ...Object.fromEntries(found.fields.map((field) => [field.name, field.value])), ...changes })
}

/** Every text between the tags of one name, in order. */
export const textsOf = ({ text }: Answer, tag: string): string[] =>
  [...text.matchAll(new RegExp(`<${tag}[ >][\\s\\S]*?</${tag}>`, 'g'))].map(([markup]) =>
    markup
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
