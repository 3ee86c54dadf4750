import jsqr from 'jsqr'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { form, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson, type Person } from '../support/person.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const insecure = { [oauth.allowInsecureRequests]: true }

const gateway = await startGateway({}, { path: '/tools/gate' })
afterAll(() => gateway.close())

/** What must stand in no log. */
const secrets: string[] = []

/** Signed in once: scrypt is slow. */
const person = createPerson({ password: PASSWORD })

async function registerDevice(metadata: Readonly<Record<string, unknown>> = {}): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server())
  await client.discover()
  await client.register({
    client_name: 'Command line',
    grant_types: [DEVICE_CODE, 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...metadata,
  })
  return client
}

/** A person with the code in hand: opens the link, signs in when asked to, presses a button. @returns the last page's text */
async function answer(of: Person, link: string, decision: 'approve' | 'deny'): Promise<string> {
  let arrival = await of.open(link)
  if (arrival.kind === 'page' && arrival.visit.url.pathname.endsWith('/sign-in')) {
    const form = arrival.visit.page.forms.find(({ fields }) => fields.some(({ name }) => name === 'password'))
    const button = form?.buttons[0] ?? { name: undefined, value: '' }
    arrival = await of.press(arrival.visit, button, { password: PASSWORD })
  }
  if (arrival.kind !== 'page') throw new Error('left the gateway')
  expect(arrival.visit.page.text).toContain('Only continue if you yourself started this')
  const done = await of.press(arrival.visit, { name: 'decision', value: decision })
  if (done.kind !== 'page') throw new Error('left the gateway')
  expect(done.visit.status).toBe(200)
  return done.visit.page.text
}

describe('a program without a browser', () => {
  it('gets in by openid-client, which waits while the person opens the link, and calls tools', async () => {
    const client = await registerDevice()
    const config = await openid.discovery(new URL(gateway.url), client.registration.client_id, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    })
    const started = await openid.initiateDeviceAuthorization(config, { resource: gateway.server(), scope: 'mcp openid' })
    secrets.push(started.device_code, started.user_code)
    let questions = 0
    config[openid.customFetch] = async (url, options) => {
      // The person answers after the second question; the gateway's clock stands still unless it is moved.
      if (++questions === 3) await answer(person, started.verification_uri_complete ?? '', 'approve')
      gateway.clock.advance(5)
      return fetch(url, options as RequestInit)
    }
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.01 })
    expect(questions).toBe(3)
    expect(tokens).toMatchObject({ scope: 'mcp openid', refresh_token: expect.any(String), expires_in: 3600 })
    expect(tokens.claims()).toMatchObject({ iss: gateway.url, aud: client.registration.client_id, auth_time: expect.any(Number) })
    client.tokens = { ...tokens, scope: tokens.scope ?? '', expires_in: 3600, refresh_token: tokens.refresh_token ?? '' }
    expect(await client.call('tools/list')).toHaveProperty('result.tools')
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
  })

  it('gets tokens that are worth nothing without its key, when it proves one (RFC 9449 §5)', async () => {
    const { registration } = await registerDevice()
    const config = await openid.discovery(new URL(gateway.url), registration.client_id, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const started = await openid.initiateDeviceAuthorization(config, { resource: gateway.server() })
    secrets.push(started.device_code, started.user_code)
    await answer(person, started.verification_uri_complete ?? '', 'approve')
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.01 }, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
    const stolen = openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    await expect(stolen).rejects.toMatchObject({ error: 'invalid_grant' })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    expect(refreshed.token_type).toBe('dpop')
  })

  it('gets in by oauth4webapi, with a secret, and hears of every state (RFC 8628 §3.5)', async () => {
    const { registration } = await registerDevice({ token_endpoint_auth_method: 'client_secret_basic' })
    const issuer = new URL(gateway.url)
    const request = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' })
    const server = await oauth.processDiscoveryResponse(issuer, request)
    expect(server.device_authorization_endpoint).toBe(`${gateway.url}/device_authorization`)
    expect(server.grant_types_supported).toContain(DEVICE_CODE)
    const client = { client_id: registration.client_id }
    const secret = oauth.ClientSecretBasic(registration.client_secret ?? '')
    const begin = async () => {
      const response = await oauth.deviceAuthorizationRequest(server, client, secret, { resource: gateway.server() }, insecure)
      return oauth.processDeviceAuthorizationResponse(server, client, response)
    }
    const ask = async (code: string) => {
      const response = await oauth.deviceCodeGrantRequest(server, client, secret, code, insecure)
      return oauth.processDeviceCodeResponse(server, client, response)
    }
    const errorOf = (code: string) => ask(code).then(String, (error: oauth.ResponseBodyError) => error.error)

    const first = await begin()
    expect(first).toMatchObject({ expires_in: 600, interval: 5, verification_uri: `${gateway.url}/device` })
    expect(await errorOf(first.device_code)).toBe('authorization_pending')
    expect(await errorOf(first.device_code)).toBe('slow_down')
    gateway.clock.advance(10)
    expect(await errorOf(first.device_code)).toBe('authorization_pending')
    expect(await answer(person, first.verification_uri_complete ?? '', 'deny')).toContain('You may close this page')
    expect(await errorOf(first.device_code)).toBe('access_denied')

    const second = await begin()
    gateway.clock.advance(600)
    expect(await errorOf(second.device_code)).toBe('expired_token')

    const third = await begin()
    await answer(person, third.verification_uri_complete ?? '', 'approve')
    expect(await ask(third.device_code)).toMatchObject({ token_type: 'bearer', scope: 'mcp' })
    expect(await errorOf(third.device_code)).toBe('invalid_grant')
  })

  it('that its person has never been seen with leads them by the sign-in page, and back by the path of PUBLIC_URL', async () => {
    const { registration } = await registerDevice()
    const started = await begin(registration.client_id)
    const stranger = createPerson({ password: PASSWORD })
    expect(await answer(stranger, String(started.verification_uri_complete), 'approve')).toContain('You may close this page')
    expect(stranger.visits.map(({ url }) => url.pathname)).toEqual([
      '/tools/gate/sign-in',
      '/tools/gate/device',
      '/tools/gate/device',
    ])
  })

  it('is let in where the person types the code themselves', async () => {
    const { registration } = await registerDevice()
    const started = await begin(registration.client_id)
    const entry = await person.open(String(started.verification_uri))
    if (entry.kind !== 'page') throw new Error('no page')
    const button = entry.visit.page.forms[0]?.buttons[0] ?? { name: undefined, value: '' }
    const typed = String(started.user_code).toLowerCase().replace('-', ' ')
    const question = await person.press(entry.visit, button, { user_code: typed })
    expect(question.kind === 'page' && question.visit.page.text).toContain(started.user_code)
  })

  it('can show a QR code that leads a phone to its question', async () => {
    const { registration } = await registerDevice()
    const started = await begin(registration.client_id)
    const response = await send(String(started.verification_uri_qr), { headers: { accept: 'text/plain' } })
    expect(scan(response.text)).toBe(started.verification_uri_complete)
    const picture = await send(String(started.verification_uri_qr))
    expect(picture.headers['content-type']).toContain('image/svg+xml')
  })

  it('that did not register for it is refused', async () => {
    const { registration } = await registerDevice({ grant_types: undefined, redirect_uris: ['http://127.0.0.1/callback'] })
    const response = await send(`${gateway.url}/device_authorization`, {
      method: 'POST',
      ...form({ client_id: registration.client_id }),
    })
    expect([response.status, response.json().error]).toEqual([400, 'unauthorized_client'])
  })
})

it('what it was let in by stands in no log', () => {
  expect(secrets.length).toBeGreaterThan(7)
  expect(secrets.filter((secret) => gateway.logs().includes(secret))).toEqual([])
})

it('where the operator has switched it off, it is not advertised, and says so (DEVICE_GRANT)', async () => {
  const off = await startGateway({ DEVICE_GRANT: 'off' })
  try {
    const { server } = await new OAuthClient(off.server()).discover()
    expect(server).not.toHaveProperty('device_authorization_endpoint')
    expect(JSON.stringify(server)).not.toContain('device_code')
    const response = await send(`${off.url}/device_authorization`, { method: 'POST', ...form({ client_id: 'x' }) })
    expect([response.status, response.json().error]).toEqual([400, 'unsupported_grant_type'])
    expect((await send(`${off.url}/device`, { headers: { accept: 'text/html' } })).status).toBe(400)
  } finally {
    await off.close()
  }
})

async function begin(clientId: string): Promise<Record<string, unknown>> {
  const fields = { client_id: clientId, resource: gateway.server() }
  const response = await send(`${gateway.url}/device_authorization`, { method: 'POST', ...form(fields) })
  expect(response.status).toBe(200)
  const started = response.json()
  secrets.push(String(started.device_code), String(started.user_code))
  return started
}

/** What a phone's camera reads off a terminal with a dark background. */
function scan(text: string): string | undefined {
  const pixels = 4
  const rows = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => ['█▀', '█▄'].map((light) => [...line].map((character) => light.includes(character))))
  const [width, height] = [(rows[0]?.length ?? 0) * pixels, rows.length * pixels]
  const image = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let at = 0; at < width * height; at++) {
    const isLight = rows[Math.floor(at / width / pixels)]?.[Math.floor((at % width) / pixels)]
    image.fill(isLight ? 255 : 0, at * 4, at * 4 + 3)
  }
  const read = (jsqr as unknown as { default?: typeof jsqr.default }).default ?? (jsqr as unknown as typeof jsqr.default)
  return read(image, width, height, { inversionAttempts: 'dontInvert' })?.data
}
