import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient, wellKnown } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway({}, { path: '/tools/mcp-gate' })
afterAll(() => gateway.close())

describe('a gateway whose PUBLIC_URL has a path', () => {
  it('lets a client in that knows only the URL, and refreshes', async () => {
    const client = new OAuthClient(gateway.server())
    await client.signIn(createPerson({ password: PASSWORD }))
    expect(client.discovery.server.issuer).toBe(gateway.url)
    expect(await client.call('tools/list')).toHaveProperty('result.tools')
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
  })

  it.each([
    ['inserted (RFC 8414)', () => wellKnown(gateway.url, 'oauth-authorization-server')],
    ['inserted (OpenID Connect)', () => wellKnown(gateway.url, 'openid-configuration')],
    ['appended (OpenID Connect)', () => `${gateway.url}/.well-known/openid-configuration`],
  ])('publishes its metadata with the path %s (AUD-08)', async (_what, url) => {
    const response = await send(url())
    expect(response.status).toBe(200)
    expect(response.json().issuer).toBe(gateway.url)
  })

  it('answers nothing of the authorization server outside its path', async () => {
    const { origin } = new URL(gateway.url)
    for (const path of ['/authorize', '/token', '/register', '/echo/mcp']) {
      expect((await send(`${origin}${path}`, { method: 'POST' })).status).toBe(404)
    }
  })

  it('refuses paths that only look like a server’s', async () => {
    for (const path of ['/echo/mcp/../../other/mcp', '/%65cho/mcp', '//echo/mcp', '/echo//mcp', '/echo/mcp;x', '/ECHO/MCP']) {
      const response = await send(`${gateway.url}${path}`, { method: 'POST' })
      expect([400, 401, 404]).toContain(response.status)
      if (response.status === 401) expect(response.headers['www-authenticate']).toContain('resource_metadata=')
    }
  })
})
