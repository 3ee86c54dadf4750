import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { openPage, sendForm } from '../support/account.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { encodeForm, send } from '../support/http.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { initialize, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const backend = await startHttpMcpServer()
const gateway = await startGateway(
  {},
  {
    servers: {
      echo: echoServer(),
      notes: echoServer({ scopes: { read: ['list-*'], write: ['echo'] } }),
      backend: { url: backend.url },
    },
  },
)
afterAll(async () => {
  await gateway.close()
  await backend.close()
})

/** Signed in once: scrypt is slow. */
const person = createPerson({ password: PASSWORD })
await openPage(gateway, person, '/account', PASSWORD)
let made = 0

/** Makes a token on the pages, as a person does. */
async function makeToken(server: string | undefined, fields: Readonly<Record<string, string>> = {}) {
  const resource = server === undefined ? gateway.url : gateway.server(server)
  const page = await openPage(gateway, person, `/account/tokens/new?${encodeForm({ resource })}`, PASSWORD)
  const name = `Token ${++made}`
  const shown = await sendForm(person, page, '/account/tokens', { resource }, { name, days: '7', ...fields })
  const token = /pat_[A-Za-z0-9_-]{65}/.exec(shown.html)?.[0]
  if (token === undefined) throw new Error(`no token on: ${shown.page.text}`)
  return { name, token, shown }
}

const call = (server: string, token: string) => initialize(gateway.server(server), token)

const revoke = async (name: string) => {
  const account = await openPage(gateway, person, '/account', PASSWORD)
  const all = await gateway.gatehouse.auth.stores.grants.listBySubject('password:operator')
  const grant = all.find((each) => each.grant.personalToken?.name === name)?.grant.id ?? ''
  return sendForm(person, account, '/account/tokens/revoke', { grant })
}

describe('a personal access token', () => {
  it('opens its server and no other, and is told to it as such', async () => {
    const { token } = await makeToken('backend')
    expect((await call('backend', token)).status).toBe(200)
    const { payload } = readJwt(String(backend.seen.at(-1)?.['x-auth-assertion']))
    expect(payload).toMatchObject({ sub: 'password:operator', client_id: 'personal-token', scope: 'mcp' })
    expect((await call('echo', token)).status).toBe(401)
  })

  it('for every server opens each, as far as its scopes go', async () => {
    const { token } = await makeToken(undefined, { 'scope:mcp': 'yes' })
    expect([(await call('echo', token)).status, (await call('backend', token)).status]).toEqual([200, 200])
    const refused = await call('notes', token)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, expect.stringContaining('insufficient_scope')])
  })

  it('is shown with a command that works as it stands', async () => {
    const { shown } = await makeToken('echo')
    const command = /curl [^<]*/.exec(shown.html)?.[0].replaceAll('&quot;', '"').replaceAll('&#39;', "'") ?? ''
    const shell = spawn('sh', ['-eu'], { stdio: ['pipe', 'pipe', 'ignore'] })
    shell.stdin.end(`${command} -s -w '\\n%{http_code}'`)
    const [output] = await Promise.all([text(shell.stdout), once(shell, 'close')])
    expect(output).toMatch(/"serverInfo"[\s\S]*\n200$/)
  })

  it('is shown once: in no page, store or log after that (OPS-05)', async () => {
    const { token } = await makeToken('echo')
    await call('echo', token)
    const secret = token.slice('pat_'.length + 22)
    const account = await openPage(gateway, person, '/account', PASSWORD)
    expect(account.page.text).toContain(`Token ${made}`)
    for (const html of [account.html, gateway.logs()]) expect(html).not.toContain(secret)
    const grants = await gateway.gatehouse.auth.stores.grants.listBySubject('password:operator')
    expect(JSON.stringify(grants)).not.toContain(secret)
  })

  it.each<[string, (token: string, name: string) => Promise<unknown>]>([
    ['by its person', (_token, name) => revoke(name)],
    [
      'by whoever bears it, at /revoke',
      (token) =>
        send(`${gateway.url}/revoke`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: encodeForm({ token }),
        }),
    ],
  ])('is 401 at once when it was revoked %s (REV-01)', async (_who, end) => {
    const { token, name } = await makeToken('echo')
    const { token: other } = await makeToken('echo')
    expect((await call('echo', token)).status).toBe(200)
    await end(token, name)
    const refused = await call('echo', token)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringContaining('invalid_token')])
    expect((await call('echo', other)).status).toBe(200)
  })

  it('ends with its time', async () => {
    const { token } = await makeToken('echo')
    gateway.clock.advance(7 * 86_400 - 60)
    expect((await call('echo', token)).status).toBe(200)
    gateway.clock.advance(121)
    expect((await call('echo', token)).status).toBe(401)
  })
})
