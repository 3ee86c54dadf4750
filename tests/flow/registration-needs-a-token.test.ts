import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { json, send } from '../support/http.ts'
import { OAuthClient, type Registration } from '../support/oauth-client.ts'
import { gatehouse } from '../support/operator.ts'
import { createPerson } from '../support/person.ts'

const SECRET = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
const REDIRECT_URI = 'http://127.0.0.1:53123/callback'
const METADATA = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' }

const [byToken, closed] = await Promise.all([startGateway({ REGISTRATION: 'token' }), startGateway({ REGISTRATION: 'off' })])
afterAll(() => Promise.all([byToken.close(), closed.close()]))

const metadataOf = async (url: string) => (await send(`${url}/.well-known/oauth-authorization-server`)).json()

describe('a gateway with REGISTRATION=token', () => {
  const register = (authorization?: string) => {
    const { headers, body } = json(METADATA)
    return send(`${byToken.url}/register`, { method: 'POST', headers: { ...headers, authorization }, body })
  }

  it('registers a client that has a token of the command line, and that client gets in (REG-18)', {
    timeout: 60_000,
  }, async () => {
    expect(await metadataOf(byToken.url)).toHaveProperty('registration_endpoint')
    const made = await gatehouse({ GATEHOUSE_SECRET: SECRET, REGISTRATION: 'token' }, 'registration-token', '--expires', '1h')
    const response = await register(`Bearer ${made.stdout.trim()}`)
    expect(response.status).toBe(201)
    const client = new OAuthClient(byToken.server())
    await client.discover()
    client.adopt(response.json() as unknown as Registration)
    await client.signIn(createPerson({ password: PASSWORD }))
    expect(await client.knock()).toBe('open')
    byToken.clock.advance(7200)
    expect((await register(`Bearer ${made.stdout.trim()}`)).status).toBe(401)
  })

  it.each([
    ['none', undefined, 'Bearer'],
    ['a made-up one', 'Bearer iat_bm9ib2R5', 'Bearer error="invalid_token"'],
    ['another scheme', 'Basic eDp5', 'Bearer error="invalid_token"'],
  ])('asks for a token from who has %s (REG-18)', async (_what, authorization, challenge) => {
    const response = await register(authorization)
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toBe(challenge)
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.json()).toMatchObject({ error: 'invalid_token' })
  })
})

describe('a gateway with REGISTRATION=off', () => {
  it('advertises no registration, and says whom to ask', async () => {
    expect(await metadataOf(closed.url)).not.toHaveProperty('registration_endpoint')
    const response = await send(`${closed.url}/register`, { method: 'POST', ...json(METADATA) })
    expect(response.status).toBe(403)
    expect(response.json()).toMatchObject({ error: 'access_denied', error_description: expect.stringContaining('operator') })
  })
})
