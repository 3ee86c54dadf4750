import { createHash, randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { initialize, OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const remote = await startHttpMcpServer()
const gateway = await startGateway({}, { servers: { remote: { url: remote.url }, other: { url: remote.url } } })
afterAll(() => Promise.all([gateway.close(), remote.close()]))
const { grants, revocations } = gateway.gatehouse.auth.stores

// Whoever signed in once; the token below is theirs.
const client = new OAuthClient(gateway.server('remote'))
await client.signIn(createPerson({ password: PASSWORD }))
const [connected] = await grants.listByClient(client.registration.client_id)
if (!connected) throw new Error('nobody is signed in')
const signedIn = connected.grant

async function issue() {
  const id = randomBytes(16).toString('base64url')
  const token = `pat_${id}${randomBytes(32).toString('base64url')}`
  const tokenHash = createHash('sha256').update(token).digest('base64url')
  const { identity, scopes, resource, createdAt } = signedIn
  const grant = {
    id: `grt_${id}`,
    clientId: 'personal-token',
    identity,
    scopes,
    resource,
    createdAt,
    via: 'personal_token' as const,
  }
  await grants.create(
    { ...grant, personalToken: { name: 'script', tokenHash } },
    { refreshHash: 'none', expiresAt: createdAt + 86_400 },
  )
  return { id: grant.id, token }
}
const call = (token: string, server = 'remote') => initialize(gateway.server(server), token)

describe('a script with a personal access token', () => {
  it('reaches its server without a sign-in, and no other; the server never sees the token (VER-17, AUD-01)', async () => {
    const { token } = await issue()
    remote.seen.length = 0
    for (let time = 0; time < 2; time++) expect((await call(token)).status).toBe(200)
    expect((await call(token, 'other')).status).toBe(401)
    expect(remote.seen).toHaveLength(2)
    expect(JSON.stringify(remote.seen)).not.toContain(token)
    expect(gateway.logs()).not.toContain(token)
  })

  it('is refused from the moment on in which the token is revoked (REV-07)', async () => {
    const { id, token } = await issue()
    expect((await call(token)).status).toBe(200)
    await grants.revoke(id)
    await revocations.publish(id)
    const refusal = await call(token)
    expect([refusal.status, refusal.json().error]).toEqual([401, 'invalid_token'])
    expect(refusal.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/)
  })

  it('is refused with a wrong token as with one that never was', async () => {
    const { id, token } = await issue()
    const wrong = `${token.slice(0, -43)}${randomBytes(32).toString('base64url')}`
    const never = `pat_${randomBytes(16).toString('base64url')}${randomBytes(32).toString('base64url')}`
    expect(wrong).toContain(id.slice('grt_'.length))
    const [first, second] = [await call(wrong), await call(never)]
    expect([first.status, first.text, first.headers['www-authenticate']]).toEqual([
      401,
      second.text,
      second.headers['www-authenticate'],
    ])
    expect((await call(token)).status).toBe(200)
  })
})

describe('the list of what is connected', () => {
  it('learns when a grant was last used, to ten minutes', async () => {
    const { id, token } = await issue()
    const before = (await grants.find(id))?.lastUsedAt ?? 0
    gateway.clock.advance(1200)
    expect((await call(token)).status).toBe(200)
    expect((await grants.find(id))?.lastUsedAt).toBe(before + 1200)
  })
})
