import { Octokit } from '@octokit/core'
import { OAuthApp } from '@octokit/oauth-app'
import type { Identity } from '../oauth/identity.ts'
import { sha256 } from '../oauth/secret.ts'
import { githubFault } from './github-fault.ts'
import { type IdentityProvider, IdentityProviderError, type LoginAttempt } from './identity-provider.ts'

export interface GithubOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** `https://github.com`, or an Enterprise Server's or Enterprise Cloud's address. */
  readonly url: string
  /** Whether some rule names an organisation or a team; without one we do not ask to see them. */
  readonly needsOrganizations: boolean
}

const PER_PAGE = 100
/** 2,000 organisations or teams; who has more is known by the first ones. */
const MAX_PAGES = 20
/** The library warns on the console otherwise. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * GitHub.com and GitHub Enterprise, as OAuth app or GitHub App. The subject is GitHub's number of the person, because logins
 * change hands; the address is the primary one if GitHub verified it.
 */
export function createGithub(options: GithubOptions): IdentityProvider {
  const { clientId, clientSecret, needsOrganizations } = options
  const webUrl = options.url.replace(/\/+$/, '')
  const Api = Octokit.defaults({ baseUrl: apiUrl(webUrl), log: SILENT, userAgent: 'gatehouse' })
  const app = new OAuthApp({ clientType: 'oauth-app', clientId, clientSecret, baseUrl: webUrl, Octokit: Api })

  /** By hand instead of `createToken`, which knows no `code_verifier`. */
  async function redeem(attempt: LoginAttempt, code: string, signal: AbortSignal): Promise<string> {
    const { data } = await app.octokit.request('POST /login/oauth/access_token', {
      baseUrl: webUrl,
      headers: { accept: 'application/json' },
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: attempt.redirectUri,
      code_verifier: attempt.codeVerifier,
      request: { signal },
    })
    // GitHub refuses with 200 and an error object.
    const { access_token: token, error } = readObject(data)
    if (typeof error === 'string') throw new IdentityProviderError('rejected', `GitHub refused the code: ${error}`)
    if (typeof token !== 'string') throw new IdentityProviderError('unavailable', 'GitHub answered without a token')
    return token
  }

  async function identify(token: string, signal: AbortSignal): Promise<Identity> {
    const api = new Api({ auth: token })
    const get = async (path: string): Promise<unknown> => (await api.request(`GET ${path}`, { request: { signal } })).data
    const user = readObject(await get('/user'))
    if (typeof user.id !== 'number' || typeof user.login !== 'string') {
      throw new IdentityProviderError('unavailable', 'GitHub answered without a user')
    }
    const [emails, organizations, teams] = await Promise.all([
      list(get, '/user/emails'),
      needsOrganizations ? list(get, '/user/orgs') : [],
      needsOrganizations ? list(get, '/user/teams') : [],
    ])
    const primary = emails.find(({ primary, verified }) => primary === true && verified === true)?.email
    return {
      subject: `github:${user.id}`,
      provider: 'github',
      login: user.login,
      ...(typeof user.name === 'string' ? { name: user.name } : {}),
      ...(typeof primary === 'string' ? { email: primary } : {}),
      groups: [],
      organizations: organizations.map(({ login }) => String(login).toLowerCase()),
      teams: teams.map(({ slug, organization }) => `${readObject(organization).login}/${slug}`.toLowerCase()),
    }
  }

  return {
    id: 'github',
    label: 'GitHub',
    loginUrl: async ({ state, redirectUri, codeVerifier, chooseAccount }) => {
      const scopes = ['read:user', 'user:email', ...(needsOrganizations ? ['read:org'] : [])]
      const url = new URL(app.getWebFlowAuthorizationUrl({ state, redirectUrl: redirectUri, scopes }).url)
      url.searchParams.set('code_challenge', sha256(codeVerifier))
      url.searchParams.set('code_challenge_method', 'S256')
      if (chooseAccount) url.searchParams.set('prompt', 'select_account')
      return url
    },
    completeLogin: async (attempt, callback, signal) => {
      const error = callback.get('error')
      if (error === 'access_denied') throw new IdentityProviderError('denied', 'the person said no at GitHub')
      const code = callback.get('code')
      if (error !== null || code === null) {
        throw new IdentityProviderError('rejected', `GitHub sent the browser back without a code: ${error}`)
      }
      try {
        return await identify(await redeem(attempt, code, signal), signal)
      } catch (cause) {
        throw githubFault(cause)
      }
    },
  }
}

/** Enterprise Server has its API below the web address, Enterprise Cloud with data residency beside it. */
function apiUrl(webUrl: string): string {
  const { protocol, host } = new URL(webUrl)
  return host === 'github.com' || host.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${webUrl}/api/v3`
}

type Row = Readonly<Record<string, unknown>>

/** All pages of a list. Empty when the token may not see it, which only means that no rule about it can match. */
async function list(get: (path: string) => Promise<unknown>, path: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = await get(`${path}?per_page=${PER_PAGE}&page=${page}`).catch((error: unknown) => {
      if (isHidden(error)) return []
      throw error
    })
    if (!Array.isArray(found)) throw new IdentityProviderError('unavailable', `GitHub answered ${path} without a list`)
    rows.push(...found.map(readObject))
    if (found.length < PER_PAGE) break
  }
  return rows
}

/** 404 or 403 for want of a scope or permission; a 403 of the rate limit is another thing. */
function isHidden(error: unknown): boolean {
  const { status, response } = error as { status?: number; response?: { headers?: Row } }
  return status === 404 || (status === 403 && response?.headers?.['x-ratelimit-remaining'] !== '0')
}

const readObject = (value: unknown): Row => (typeof value === 'object' && value !== null ? (value as Row) : {})
