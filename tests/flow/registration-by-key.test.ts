import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { json, send } from '../support/http.ts'
import { OAuthClient, readTokens } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const REDIRECT_URI = 'http://127.0.0.1:53123/callback'

const gateway = await startGateway()
afterAll(() => gateway.close())

async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwks: { keys: [await exportJWK(publicKey)] } }
}
type Key = Awaited<ReturnType<typeof newKey>>

const metadataOf = (key: Key) => ({
  client_name: 'Keyed',
  redirect_uris: [REDIRECT_URI],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: key.jwks,
})

/** RFC 7523 §2.2: what proves the client at each request. */
async function proofOf({ registration }: OAuthClient, { privateKey }: Key) {
  const now = Math.floor(gateway.clock.now() / 1000)
  const assertion = await new SignJWT({
    iss: registration.client_id,
    sub: registration.client_id,
    aud: gateway.url,
    jti: randomUUID(),
  })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(privateKey)
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion }
}

describe('a client that registered a key', () => {
  it('gets in by it and by nothing else, and can replace it (RFC 7591, RFC 7592, RFC 7523)', async () => {
    const [first, second] = [await newKey(), await newKey()]
    const client = new OAuthClient(gateway.server())
    await client.discover()
    await client.register(metadataOf(first))
    const attempt = client.prepareAuthorization()
    const code = (await client.authorize(createPerson({ password: PASSWORD }), attempt)).get('code') ?? ''

    for (const proof of [{}, await proofOf(client, second)]) {
      const refusal = await client.exchange(code, attempt, proof)
      expect(refusal.status).toBe(401)
      expect(refusal.json().error).toBe('invalid_client')
    }
    client.tokens = readTokens(await client.exchange(code, attempt, await proofOf(client, first)))
    expect(await client.knock()).toBe('open')

    const { registration } = client
    const changed = await send(registration.registration_client_uri ?? '', {
      method: 'PUT',
      headers: { ...json({}).headers, authorization: `Bearer ${registration.registration_access_token}` },
      body: JSON.stringify({ client_id: registration.client_id, ...metadataOf(second) }),
    })
    expect(changed.status).toBe(200)
    const refresh = async (key: Key) => client.refresh(client.tokens?.refresh_token, await proofOf(client, key))
    expect((await refresh(first)).json().error).toBe('invalid_client')
    expect((await refresh(second)).status).toBe(200)
  })
})
