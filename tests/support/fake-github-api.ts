import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GithubUser, IssuedToken } from './fake-github.ts'

/** GitHub's default page length; more only comes with `per_page` and `page`. */
const DEFAULT_PER_PAGE = 30

/** What each list needs of the token's scopes; `user` includes `user:email`, `read:org` opens organisations. */
const NEEDED_SCOPES: Readonly<Record<string, readonly string[]>> = {
  '/user/emails': ['user', 'user:email'],
  '/user/orgs': ['user', 'read:org', 'write:org', 'admin:org'],
  '/user/teams': ['user', 'repo', 'read:org', 'write:org', 'admin:org'],
}

/** GitHub's REST API as far as a sign-in reads it: `/user`, its addresses, organisations and teams. */
export function answerApi(
  request: IncomingMessage,
  url: URL,
  path: string,
  find: (token: string) => IssuedToken | undefined,
  response: ServerResponse,
): void {
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body))
  const refuse = (status: number, message: string) =>
    answer(status, { message, documentation_url: 'https://docs.github.com/rest', status: String(status) })

  if (request.headers['user-agent'] === undefined) return void refuse(403, 'Request forbidden by administrative rules.')
  const token = /^(?:token|bearer) +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return void refuse(401, 'Requires authentication')
  const issued = find(token)
  if (!issued) return void refuse(401, 'Bad credentials')
  if (request.method !== 'GET') return void refuse(404, 'Not Found')

  const headers = { 'x-oauth-scopes': issued.scopes.join(', '), 'x-github-request-id': 'FA4E:0001' }
  if (path === '/user') return void answer(200, publicUser(issued.user), headers)
  const needed = NEEDED_SCOPES[path]
  if (!needed) return void refuse(404, 'Not Found')
  if (!needed.some((scope) => issued.scopes.includes(scope))) {
    // GitHub hides addresses (404) and names the missing scope for organisations (403).
    return void refuse(
      path === '/user/emails' ? 404 : 403,
      path === '/user/emails' ? 'Not Found' : 'You need at least read:org scope',
    )
  }
  const rows = listOf(path, issued.user)
  const perPage = Math.min(Number(url.searchParams.get('per_page') ?? DEFAULT_PER_PAGE), 100)
  const page = Number(url.searchParams.get('page') ?? 1)
  const slice = rows.slice((page - 1) * perPage, page * perPage)
  const next = new URL(url.pathname + url.search, `http://${request.headers.host}`)
  next.searchParams.set('page', String(page + 1))
  answer(200, slice, { ...headers, ...(page * perPage < rows.length ? { link: `<${next.href}>; rel="next"` } : {}) })
}

function listOf(path: string, user: GithubUser): unknown[] {
  if (path === '/user/emails') return (user.emails ?? []).map((row) => ({ ...row, visibility: row.primary ? 'private' : null }))
  if (path === '/user/orgs') return (user.orgs ?? []).map((login, index) => ({ login, id: 1000 + index, description: null }))
  return (user.teams ?? []).map((team, index) => {
    const [org = '', slug = ''] = team.split('/')
    return { id: 2000 + index, name: slug, slug, organization: { login: org, id: 1000 + index } }
  })
}

const publicUser = (user: GithubUser) => ({
  login: user.login,
  id: user.id,
  node_id: Buffer.from(`04:User${user.id}`).toString('base64'),
  type: 'User',
  site_admin: false,
  name: user.name ?? null,
  // The profile's public address is for show; only the list of verified addresses counts. A rule that matches this is a bug.
  email: 'anybody-can-write-this@victim.example',
})
