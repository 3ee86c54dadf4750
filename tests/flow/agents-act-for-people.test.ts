import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, it } from 'vitest'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { initialize, OAuthClient, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const backend = await startHttpMcpServer()
const gateway = await startGateway(
  {
    CLIENTS_CONFIG: writeClientsFile({
      clients: ['agent', 'helper'].map((client_id) => ({
        client_id,
        client_secret: clientSecretOf(client_id),
        grant_types: [EXCHANGE],
      })),
    }),
  },
  { internal: true, servers: { echo: echoServer(), backend: { url: backend.url } } },
)
afterAll(async () => {
  await gateway.close()
  await backend.close()
})

const insecure = { [oauth.allowInsecureRequests]: true }
const as: oauth.AuthorizationServer = await oauth.processDiscoveryResponse(
  new URL(gateway.url),
  await oauth.discoveryRequest(new URL(gateway.url), { ...insecure, algorithm: 'oauth2' }),
)
const person = createPerson({ password: PASSWORD })

async function signedIn(): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server('backend'))
  await client.signIn(person)
  return client
}

async function exchange(token: string, fields: Readonly<Record<string, string>> = {}, clientId = 'agent') {
  const client = { client_id: clientId }
  const proof = oauth.ClientSecretBasic(clientSecretOf(clientId))
  const params = { subject_token: token, subject_token_type: ACCESS_TOKEN, ...fields }
  const response = await oauth.genericTokenEndpointRequest(as, client, proof, EXCHANGE, params, insecure)
  return oauth.processGenericTokenEndpointResponse(as, client, response)
}

const call = (name: string, token: string) => initialize(gateway.server(name), token)

describe('an agent that a person handed their token', () => {
  it('reaches their server with one of its own, and the server learns for whom and by whom (decision 7)', async () => {
    const client = await signedIn()
    const own = client.tokens?.access_token ?? ''
    expect(as.grant_types_supported).toContain(EXCHANGE)
    const tokens = await exchange(own)
    expect(tokens).toMatchObject({ token_type: 'bearer', issued_token_type: ACCESS_TOKEN, scope: 'mcp' })
    expect(tokens.refresh_token).toBeUndefined()
    expect((await call('backend', tokens.access_token)).status).toBe(200)
    const { payload } = readJwt(String(backend.seen.at(-1)?.['x-auth-assertion']))
    expect(payload).toMatchObject({
      sub: readJwt(own).payload.sub,
      client_id: 'agent',
      act: { sub: 'client:agent', client_id: 'agent' },
    })

    const answer = await send(`${gateway.internalUrl}/verify`, {
      headers: {
        'x-forwarded-uri': '/backend/mcp',
        'x-forwarded-method': 'POST',
        'x-forwarded-host': 'localhost',
        'x-forwarded-proto': 'http',
        authorization: `Bearer ${tokens.access_token}`,
      },
    })
    expect(answer.headers).toMatchObject({ 'x-auth-client': 'agent', 'x-auth-subject': String(readJwt(own).payload.sub) })
  })

  it('hands on to a helper, and both are named', async () => {
    const first = await exchange((await signedIn()).tokens?.access_token ?? '')
    const second = await exchange(first.access_token, {}, 'helper')
    expect((await call('backend', second.access_token)).status).toBe(200)
    const { payload } = readJwt(String(backend.seen.at(-1)?.['x-auth-assertion']))
    expect(payload.act).toEqual({ sub: 'client:helper', client_id: 'helper', act: { sub: 'client:agent', client_id: 'agent' } })
  })

  it('cannot reach another server, whatever it asks for', async () => {
    const own = (await signedIn()).tokens?.access_token ?? ''
    await expect(exchange(own, { resource: gateway.server('echo') })).rejects.toMatchObject({ error: 'invalid_target' })
    const tokens = await exchange(own)
    expect((await call('echo', tokens.access_token)).status).toBe(401)
  })

  it('is out with the person: their grant ends, and so does its token', async () => {
    const client = await signedIn()
    const tokens = await exchange(client.tokens?.access_token ?? '')
    expect((await call('backend', tokens.access_token)).status).toBe(200)
    const fields = { token: client.tokens?.refresh_token ?? '', client_id: client.registration.client_id }
    await fetch(`${gateway.url}/revoke`, { method: 'POST', body: new URLSearchParams(fields) })
    expect((await call('backend', tokens.access_token)).status).toBe(401)
    await expect(exchange(tokens.access_token)).rejects.toMatchObject({ error: 'invalid_request' })
  })

  it('gives its own token back without ending what the person has', async () => {
    const client = await signedIn()
    const own = client.tokens?.access_token ?? ''
    const tokens = await exchange(own)
    const proof = oauth.ClientSecretBasic(clientSecretOf('agent'))
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, { client_id: 'agent' }, proof, tokens.access_token, insecure),
    )
    expect((await call('backend', tokens.access_token)).status).toBe(401)
    expect((await call('backend', own)).status).toBe(200)
  })
})
