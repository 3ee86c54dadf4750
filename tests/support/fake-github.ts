import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerApi } from './fake-github-api.ts'

export interface GithubUser {
  /** GitHub's immutable number. */
  readonly id: number
  readonly login: string
  readonly name?: string
  readonly emails?: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[]
  readonly orgs?: readonly string[]
  /** `org/team-slug`. */
  readonly teams?: readonly string[]
}

/** Where GitHub misbehaves, and how. */
type GithubPlace = 'authorize' | 'token' | 'user' | 'emails' | 'orgs' | 'teams'
type GithubFault =
  /** Accepts the request and never answers. */
  | 'hang'
  | 'server-error'
  /** 200 with an error object: GitHub's way at the token endpoint, nonsense elsewhere. */
  | 'error-body'
  /** 200 with an HTML page. */
  | 'not-json'

interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly authorization: string | undefined
}

export interface FakeGithubOptions {
  readonly clientId?: string
  readonly clientSecret?: string
  readonly user?: GithubUser
  readonly host?: string
  readonly port?: number
}

export interface FakeGithub {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Everything that reached it, oldest first. */
  readonly requests: SeenRequest[]
  /** Who is signed in at GitHub from now on. */
  setUser(user: GithubUser): void
  /** What the person does on GitHub's page: `page` shows one and waits for the button. */
  setDecision(decision: 'approve' | 'deny' | 'page'): void
  setFault(place: GithubPlace, fault: GithubFault | undefined): void
  close(): Promise<void>
}

export interface IssuedToken {
  readonly user: GithubUser
  readonly scopes: readonly string[]
}

interface PendingCode extends IssuedToken {
  readonly redirectUri: string
  readonly challenge: string | undefined
}

/** Who is signed in until a test says otherwise. */
const OCTOCAT: GithubUser = {
  id: 583231,
  login: 'octocat',
  name: 'The Octocat',
  emails: [{ email: 'octocat@example.com', primary: true, verified: true }],
}

/** Starts a double that speaks GitHub's OAuth and REST endpoints, on github.com's and on Enterprise Server's paths. */
export async function startFakeGithub(options: FakeGithubOptions = {}): Promise<FakeGithub> {
  const clientId = options.clientId ?? 'Iv1.testclient'
  const clientSecret = options.clientSecret ?? 'github-app-secret-0f3a'
  const requests: SeenRequest[] = []
  const codes = new Map<string, PendingCode>()
  const tokens = new Map<string, IssuedToken>()
  const faults = new Map<GithubPlace, GithubFault>()
  let user = options.user ?? OCTOCAT
  let decision: 'approve' | 'deny' | 'page' = 'approve'

  function authorize(params: Record<string, string>, response: ServerResponse, answer: 'approve' | 'deny' | 'page'): void {
    const redirectUri = params.redirect_uri
    if (params.client_id !== clientId || redirectUri === undefined || !URL.canParse(redirectUri)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<title>Page not found · GitHub</title>')
      return
    }
    if (answer === 'page') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(consentPage(params, user.login))
      return
    }
    const target = new URL(redirectUri)
    if (answer === 'deny') {
      target.searchParams.set('error', 'access_denied')
      target.searchParams.set('error_description', 'The user has denied your application access.')
      target.searchParams.set('error_uri', 'https://docs.github.com/apps/managing-oauth-apps/troubleshooting')
    } else {
      const code = randomBytes(10).toString('hex')
      const scopes = (params.scope ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
      codes.set(code, { user, scopes, redirectUri, challenge: params.code_challenge })
      target.searchParams.set('code', code)
    }
    if (params.state !== undefined) target.searchParams.set('state', params.state)
    response.writeHead(302, { location: target.href }).end()
  }

  function exchange(params: Record<string, string>): Record<string, string> {
    if (params.client_id !== clientId || params.client_secret !== clientSecret) {
      return oauthFault('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.')
    }
    const code = codes.get(params.code ?? '')
    codes.delete(params.code ?? '')
    const badCode = oauthFault('bad_verification_code', 'The code passed is incorrect or expired.')
    if (!code) return badCode
    if (params.redirect_uri !== undefined && params.redirect_uri !== code.redirectUri) {
      return oauthFault('redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL for this application.')
    }
    if (code.challenge !== undefined) {
      const proof = createHash('sha256')
        .update(params.code_verifier ?? '')
        .digest('base64url')
      if (proof !== code.challenge) return badCode
    }
    const token = `gho_${randomBytes(18).toString('hex')}`
    tokens.set(token, code)
    return { access_token: token, scope: code.scopes.join(','), token_type: 'bearer' }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://github.test')
    const path = url.pathname.replace(/^\/api\/v3/, '')
    const params = { ...Object.fromEntries(url.searchParams), ...(await readBody(request)) }
    requests.push({ method: request.method ?? '', path: url.pathname, params, authorization: request.headers.authorization })
    const place = placeOf(path)
    if (place !== undefined && misbehave(faults.get(place), response)) return
    const route = `${request.method} ${path}`
    if (route === 'GET /login/oauth/authorize') return authorize(params, response, decision)
    if (route === 'POST /login/oauth/authorize')
      return authorize(params, response, params.decision === 'approve' ? 'approve' : 'deny')
    if (route === 'POST /login/oauth/access_token') {
      const result = exchange(params)
      const wantsJson = request.headers.accept?.includes('json') === true
      response.writeHead(200, {
        'content-type': wantsJson ? 'application/json; charset=utf-8' : 'application/x-www-form-urlencoded; charset=utf-8',
      })
      response.end(wantsJson ? JSON.stringify(result) : new URLSearchParams(result).toString())
      return
    }
    if (path.startsWith('/_test/')) {
      // For the container, where no function can be called: PUT /_test/user, /_test/decision, /_test/fault.
      if (path === '/_test/user') user = params as unknown as GithubUser
      if (path === '/_test/decision') decision = params.decision as typeof decision
      if (path === '/_test/fault') setFault(params.place as GithubPlace, params.fault as GithubFault | undefined)
      response.writeHead(204).end()
      return
    }
    answerApi(request, url, path, (token) => tokens.get(token), response)
  }

  function setFault(place: GithubPlace, fault: GithubFault | undefined): void {
    if (fault === undefined) faults.delete(place)
    else faults.set(place, fault)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId,
    clientSecret,
    requests,
    setUser: (next) => {
      user = next
    },
    setDecision: (next) => {
      decision = next
    },
    setFault,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const oauthFault = (error: string, description: string): Record<string, string> => ({
  error,
  error_description: description,
  error_uri: `https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#${error}`,
})

function placeOf(path: string): GithubPlace | undefined {
  if (path === '/login/oauth/authorize') return 'authorize'
  if (path === '/login/oauth/access_token') return 'token'
  if (path === '/user') return 'user'
  const [, kind] = /^\/user\/(emails|orgs|teams)$/.exec(path) ?? []
  return kind as GithubPlace | undefined
}

/** True when the fault has answered, or will never. */
function misbehave(fault: GithubFault | undefined, response: ServerResponse): boolean {
  if (fault === 'server-error') response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>500 · Unicorn!</h1>')
  if (fault === 'error-body') {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(oauthFault('application_suspended', 'Your application has been suspended.')))
  }
  if (fault === 'not-json') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Whoa there!</h1>')
  return fault !== undefined
}

async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return {}
  if (request.headers['content-type']?.includes('json')) return JSON.parse(text) as Record<string, string>
  return Object.fromEntries(new URLSearchParams(text))
}

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

const consentPage = (params: Record<string, string>, login: string) => `<!doctype html><html lang="en"><head>
<meta charset="utf-8"><title>Authorize application · GitHub</title></head><body><h1>Authorize Gatehouse</h1>
<p>Signed in as <strong>${escapeHtml(login)}</strong></p><form method="post" action="/login/oauth/authorize">
${Object.entries(params)
  .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
  .join('\n')}
<button name="decision" value="deny">Cancel</button> <button name="decision" value="approve">Authorize</button></form></body></html>`

if (import.meta.main) {
  const { PORT, HOST, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET } = process.env
  const github = await startFakeGithub({
    port: Number(PORT ?? 9400),
    host: HOST ?? '127.0.0.1',
    ...(GITHUB_CLIENT_ID ? { clientId: GITHUB_CLIENT_ID } : {}),
    ...(GITHUB_CLIENT_SECRET ? { clientSecret: GITHUB_CLIENT_SECRET } : {}),
  })
  process.stdout.write(`fake GitHub at ${github.url}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void github.close().then(() => process.exit(0)))
}
