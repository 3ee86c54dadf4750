import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { form, json, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

const gateway = await startGateway({ REGISTRATION_LIMIT: '10' })
afterAll(() => gateway.close())

/** Signed in once: scrypt is slow. */
const person = createPerson({ password: PASSWORD })

const METADATA = {
  client_name: 'Command line',
  redirect_uris: ['http://127.0.0.1:53123/callback'],
  grant_types: ['authorization_code', DEVICE_CODE],
  token_endpoint_auth_method: 'none',
}

async function registered(metadata: Readonly<Record<string, unknown>> = METADATA): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server())
  await client.discover()
  await client.register(metadata)
  return client
}

const post = (path: string, fields: Readonly<Record<string, string>>) =>
  send(`${gateway.url}${path}`, { method: 'POST', ...form(fields) })

const startDevice = async ({ registration }: OAuthClient) =>
  (await post('/device_authorization', { client_id: registration.client_id, resource: gateway.server() })).json() as {
    device_code: string
    verification_uri_complete: string
  }

const pollDevice = ({ registration }: OAuthClient, deviceCode: string) =>
  post('/token', { grant_type: DEVICE_CODE, device_code: deviceCode, client_id: registration.client_id })

async function approve(link: string): Promise<void> {
  const arrival = await person.open(link)
  if (arrival.kind !== 'page') throw new Error('left the gateway')
  const done = await person.press(arrival.visit, { name: 'decision', value: 'approve' })
  expect(done.kind === 'page' && done.visit.status).toBe(200)
}

const remove = ({ registration }: OAuthClient) =>
  send(registration.registration_client_uri ?? '', {
    method: 'DELETE',
    headers: { authorization: `Bearer ${registration.registration_access_token}` },
  })

describe('a client that deletes its registration', () => {
  it('leaves nothing behind that works: tokens, codes, device codes, pages (REG-15)', { timeout: 60_000 }, async () => {
    const client = await registered()
    await client.signIn(person)
    expect(await client.knock()).toBe('open')
    const attempt = client.prepareAuthorization()
    const code = (await client.authorize(person, attempt)).get('code') ?? ''
    const [waiting, approved] = [await startDevice(client), await startDevice(client)]
    await approve(approved.verification_uri_complete)

    expect((await remove(client)).status).toBe(204)

    // The clock has not moved: not even a cached answer of /verify is left.
    expect(await client.knock()).toBe(401)
    const refusals = [
      await client.refresh(),
      await client.exchange(code, attempt),
      await pollDevice(client, waiting.device_code),
      await pollDevice(client, approved.device_code),
    ]
    for (const refusal of refusals) {
      expect(refusal.status).toBe(401)
      expect(refusal.json().error).toBe('invalid_client')
    }
    for (const url of [client.prepareAuthorization().url, waiting.verification_uri_complete]) {
      const page = await person.open(url)
      expect(page.kind === 'page' && page.visit.status).toBe(400)
      expect(page.kind === 'page' && page.visit.page.text).not.toContain('Command line')
    }
    expect((await remove(client)).status).toBe(401)
  })

  it('takes the grants with it that a new client by its name could have used', async () => {
    const client = await registered({ ...METADATA, client_name: 'Twice' })
    await client.signIn(person)
    const { tokens } = client
    await remove(client)
    const again = await registered({ ...METADATA, client_name: 'Twice' })
    expect(again.registration.client_id).not.toBe(client.registration.client_id)
    const stolen = await again.refresh(tokens?.refresh_token)
    expect(stolen.json().error).toBe('invalid_grant')
  })
})

describe('a flood of registrations', () => {
  it('pushes out no client that is in use, by the code flow or by a device code (REG-17)', { timeout: 60_000 }, async () => {
    const byCode = await registered({ ...METADATA, client_name: 'By code' })
    await byCode.signIn(person)
    const byDevice = await registered({
      client_name: 'By device',
      grant_types: [DEVICE_CODE],
      token_endpoint_auth_method: 'none',
    })
    const device = await startDevice(byDevice)
    await approve(device.verification_uri_complete)
    byDevice.tokens = (await pollDevice(byDevice, device.device_code)).json() as unknown as OAuthClient['tokens']

    for (let index = 0; index < 30; index++) {
      const metadata = { ...METADATA, client_name: `Flood ${index}` }
      expect((await send(`${gateway.url}/register`, { method: 'POST', ...json(metadata) })).status).toBe(201)
    }
    for (const days of [0, 2, 60]) {
      gateway.clock.advance(days * 86_400)
      for (const client of [byCode, byDevice]) {
        await client.refreshTokens()
        expect(await client.knock()).toBe('open')
      }
    }
    const left = await gateway.gatehouse.auth.stores.clients.list()
    expect(left.map(({ client }) => client.clientName).sort()).toEqual(['By code', 'By device'])
  })
})
