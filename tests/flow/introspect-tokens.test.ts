import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, it } from 'vitest'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway(
  {
    CLIENTS_CONFIG: writeClientsFile({
      clients: [{ client_id: 'echo-server', client_secret: clientSecretOf('echo-server'), grant_types: ['client_credentials'] }],
    }),
  },
  { servers: { echo: echoServer(), other: echoServer() } },
)
afterAll(() => gateway.close())

const insecure = { [oauth.allowInsecureRequests]: true }
const as = await oauth.processDiscoveryResponse(
  new URL(gateway.url),
  await oauth.discoveryRequest(new URL(gateway.url), { ...insecure, algorithm: 'oauth2' }),
)
const server: oauth.Client = { client_id: 'echo-server' }
const proof = oauth.ClientSecretBasic(clientSecretOf('echo-server'))
const person = createPerson({ password: PASSWORD })

async function signedIn() {
  const client = new OAuthClient(gateway.server())
  return { client, tokens: await client.signIn(person) }
}

const ask = async (
  token: string,
  { resource, signed = false }: { readonly resource?: string; readonly signed?: boolean } = {},
) => {
  const response = await oauth.introspectionRequest(as, server, proof, token, {
    ...insecure,
    requestJwtResponse: signed,
    additionalParameters: resource === undefined ? {} : { resource },
  })
  return oauth.processIntrospectionResponse(
    as,
    signed ? { ...server, introspection_signed_response_alg: 'ES256' } : server,
    response,
  )
}

describe('a server of the operator’s that asks by oauth4webapi', () => {
  it('finds in the metadata where and how (RFC 8414 §2, RFC 9701 §7)', () => {
    expect(as).toMatchObject({
      introspection_endpoint: `${gateway.url}/introspect`,
      introspection_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic', 'private_key_jwt']),
      introspection_signing_alg_values_supported: ['ES256'],
    })
    expect(as.introspection_endpoint_auth_methods_supported).not.toContain('none')
  })

  it('learns what a token is worth, until it is given back (REV-06)', async () => {
    const { client, tokens } = await signedIn()
    expect(await ask(tokens.access_token)).toMatchObject({
      active: true,
      iss: gateway.url,
      aud: gateway.server(),
      sub: 'password:operator',
      client_id: client.registration.client_id,
      token_type: 'Bearer',
      scope: 'mcp',
    })
    const app: oauth.Client = { client_id: client.registration.client_id }
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, app, oauth.None(), tokens.access_token, {
        ...insecure,
        additionalParameters: { token_type_hint: 'access_token' },
      }),
    )
    expect(await ask(tokens.access_token)).toEqual({ active: false })
    expect(await client.knock()).toBe(401)
    expect((await client.refresh()).status).toBe(200)
  })

  it('learns that a token is for another server, when it says which it is', async () => {
    const { tokens } = await signedIn()
    expect(await ask(tokens.access_token, { resource: gateway.server() })).toMatchObject({ active: true })
    expect(await ask(tokens.access_token, { resource: gateway.server('other') })).toEqual({ active: false })
  })

  it('gets a signed answer that oauth4webapi believes (RFC 9701)', async () => {
    const { tokens } = await signedIn()
    expect(await ask(tokens.access_token, { signed: true })).toMatchObject({ active: true, aud: gateway.server() })
    expect(await ask('x', { signed: true })).toEqual({ active: false })
  })
})

describe('a client that registered itself', () => {
  it('without a secret is refused (REV-05)', async () => {
    const { client, tokens } = await signedIn()
    const app: oauth.Client = { client_id: client.registration.client_id }
    const response = await oauth.introspectionRequest(as, app, oauth.None(), tokens.access_token, insecure)
    expect(response.status).toBe(401)
    await expect(oauth.processIntrospectionResponse(as, app, response)).rejects.toMatchObject({
      cause: expect.anything(),
    })
  })
})
