import { randomBytes } from 'node:crypto'
import { fieldsOf, openWindow } from '../../openapi/window.ts'
import { form, send } from '../../support/http.ts'
import { OAuthClient } from '../../support/oauth-client.ts'
import { createPerson } from '../../support/person.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

type Values = Readonly<Record<string, string | readonly string[]>>

/** What hooks.py may put into a request to a place. */
interface Real {
  readonly path?: Values
  readonly query?: Values
  readonly headers?: Values
  readonly body?: Values
}

/** Clients, tokens, codes and cookies that are good at this server, by the place where they go: `POST /token`. */
export async function makeSeeds(
  url: string,
  password: string,
): Promise<{ readonly places: Readonly<Record<string, readonly Real[]>> }> {
  const client = new OAuthClient(`${url}/echo/mcp`)
  await client.discover()
  const registration = await client.register({
    redirect_uris: [client.redirectUri],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
  })
  const own = { client_id: registration.client_id, client_secret: registration.client_secret ?? '' }
  const person = createPerson({ password })
  const tokens = await client.signIn(person)
  const window = openWindow({ url }, person)
  const cookie = person.jar.header(new URL(url), { isCrossSite: false, method: 'GET' }) ?? ''
  const browser = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' }
  const request = Object.fromEntries(client.prepareAuthorization({ state: 'x' }).url.searchParams)
  // Another, because what becomes of it is up to Schemathesis.
  const other = new OAuthClient(`${url}/echo/mcp`)
  other.adopt(registration, client.discovery)
  const { client_id: clientId, registration_access_token: token } = await other.register()
  const managed = { path: { clientId }, headers: { Authorization: `Bearer ${token}` } }

  const asked = await window.get(`/authorize?${new URLSearchParams(request)}`)
  const question = await window.get(asked.headers.location ?? '')
  const consent = fieldsOf(question, '/consent')
  const signIn = fieldsOf(await window.get('/sign-in?choose_account=yes'), '/sign-in')
  const account = await window.get('/account')
  const newToken = await window.get(`/account/tokens/new?resource=${encodeURIComponent(`${url}/echo/mcp`)}`)
  const device = await send(`${url}/device_authorization`, { method: 'POST', ...form({ ...own, resource: `${url}/echo/mcp` }) })
  const { device_code = '', user_code = '' } = device.json() as Record<string, string>
  const deviceForm = fieldsOf(await window.get(`/device?user_code=${user_code}`), '/device')

  const page = (query: Values = {}): Real => ({ query, headers: browser })
  const sent = (body: Values): Real => ({ body, headers: browser })
  return {
    places: {
      'POST /register': [{ body: { redirect_uris: [client.redirectUri], token_endpoint_auth_method: 'client_secret_basic' } }],
      'GET /register/{clientId}': [managed],
      'PUT /register/{clientId}': [{ ...managed, body: { client_id: clientId, redirect_uris: [client.redirectUri] } }],
      // Another's: what is real must stay.
      'DELETE /register/{clientId}': [{ path: { clientId }, headers: { Authorization: 'Bearer x' } }],
      'GET /authorize': [page(request), { query: request }, page({ ...request, prompt: 'none' })],
      'POST /authorize': [sent(request)],
      'POST /par': [{ body: { ...request, ...own } }],
      'GET /sign-in': [page(), page({ request: consent.request ?? '' })],
      'POST /sign-in': [sent({ ...signIn, provider: 'github' }), sent({ ...signIn, password }), sent(signIn)],
      'GET /callback/{provider}': [{ path: { provider: 'github' }, headers: browser }],
      'GET /consent': [page({ request: consent.request ?? '' })],
      'POST /consent': [sent(consent), sent({ ...consent, decision: 'approve' })],
      'POST /device_authorization': [{ body: { ...own, resource: `${url}/echo/mcp` } }],
      'GET /device': [page({ user_code }), page()],
      'POST /device': [sent(deviceForm)],
      'GET /device/qr': [{ query: { user_code } }],
      'POST /token': [
        { body: { ...own, grant_type: 'refresh_token', refresh_token: tokens.refresh_token } },
        { body: { ...own, grant_type: 'authorization_code', code: `cod_${randomBytes(48).toString('base64url').slice(0, 65)}` } },
        { body: { ...own, grant_type: DEVICE_CODE, device_code } },
        { body: { ...own, grant_type: 'client_credentials' } },
      ],
      'POST /revoke': [{ body: own }],
      'POST /introspect': [
        { body: { ...own, token: tokens.access_token } },
        { body: { ...own, token: tokens.refresh_token }, headers: { Accept: 'application/token-introspection+jwt' } },
      ],
      'GET /account': [page()],
      'POST /account/disconnect': [sent({ ...fieldsOf(account, '/account/disconnect'), client: 'cli_x' })],
      'POST /account/sign-out': [sent({ ...fieldsOf(account, '/account/sign-out'), what: 'x' })],
      'GET /account/tokens/new': [page(), page({ resource: `${url}/echo/mcp` })],
      'POST /account/tokens': [sent({ ...fieldsOf(newToken, '/account/tokens'), name: 'ci' })],
      'POST /{server}/mcp': [
        { path: { server: 'echo' } },
        {
          path: { server: 'echo' },
          headers: { Authorization: `Bearer ${tokens.access_token}`, Accept: 'application/json, text/event-stream' },
        },
      ],
      'GET /{server}/mcp': [{ path: { server: 'echo' } }],
      'DELETE /{server}/mcp': [{ path: { server: 'echo' }, headers: { Authorization: `Bearer ${tokens.access_token}` } }],
      'GET /.well-known/oauth-protected-resource/{server}/mcp': [{ path: { server: 'echo' } }],
    },
  }
}
