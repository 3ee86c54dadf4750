import {
  ClientCredentialsProvider as ClientCredentialsV2,
  Client as ClientV2,
  PrivateKeyJwtProvider as PrivateKeyJwtV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client'
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, it } from 'vitest'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { echoServer, startGateway } from '../support/gateway.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { INITIALIZE, initialize, readJwt } from '../support/oauth-client.ts'

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }
const pem = await exportPKCS8(privateKey)
const grant_types = ['client_credentials']
const backend = await startHttpMcpServer()

const gateway = await startGateway(
  {
    // The shortest that the configuration takes, so that sessions outlive it.
    ACCESS_TOKEN_TTL: '60',
    CLIENTS_CONFIG: writeClientsFile({
      clients: [
        { client_id: 'ci', client_secret: clientSecretOf('ci'), client_name: 'Nightly build', grant_types },
        { client_id: 'deploy', jwks, grant_types, scope: 'mcp' },
      ],
    }),
  },
  {
    servers: {
      echo: echoServer(),
      other: echoServer({ allow: ['client:deploy'] }),
      backend: { url: backend.url },
      scoped: echoServer({ scopes: { read: ['list-*'], write: ['echo'] } }),
    },
  },
)
afterAll(async () => {
  await gateway.close()
  await backend.close()
})

const insecure = { [oauth.allowInsecureRequests]: true }
const as = await oauth.processDiscoveryResponse(
  new URL(gateway.url),
  await oauth.discoveryRequest(new URL(gateway.url), { ...insecure, algorithm: 'oauth2' }),
)
const ask = async (clientId: string, proof: oauth.ClientAuth, fields: Record<string, string>) => {
  const client = { client_id: clientId }
  const response = await oauth.clientCredentialsGrantRequest(as, client, proof, fields, insecure)
  return oauth.processClientCredentialsResponse(as, client, response)
}
const keyed = () => oauth.PrivateKeyJwt({ key: privateKey, kid: 'k1' })
const secret = clientSecretOf('ci')

const call = (name: string, token: string) => initialize(gateway.server(name), token)

describe('a program with credentials of its own', () => {
  it('finds in the metadata that it may ask, and how (OAuth Client Credentials extension)', () => {
    expect(as.grant_types_supported).toContain('client_credentials')
    expect(as.grant_types_supported).not.toContain('urn:ietf:params:oauth:grant-type:jwt-bearer')
    expect(as.token_endpoint_auth_methods_supported).toEqual(expect.arrayContaining(['private_key_jwt', 'client_secret_basic']))
    expect(as.token_endpoint_auth_signing_alg_values_supported).toContain('ES256')
  })

  it.each<[string, string, () => oauth.ClientAuth]>([
    ['client_secret_basic', 'ci', () => oauth.ClientSecretBasic(secret)],
    ['client_secret_post', 'ci', () => oauth.ClientSecretPost(secret)],
    ['private_key_jwt', 'deploy', keyed],
  ])('gets a token by %s and reaches its server with it', async (_method, clientId, proof) => {
    const tokens = await ask(clientId, proof(), { resource: gateway.server() })
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'mcp', expires_in: 60 })
    expect(tokens.refresh_token).toBeUndefined()
    expect(readJwt(tokens.access_token).payload).toMatchObject({ sub: `client:${clientId}`, aud: gateway.server() })
    expect((await call('echo', tokens.access_token)).status).toBe(200)
    expect((await call('scoped', tokens.access_token)).status).toBe(401)
  })

  it.each<[string, oauth.ClientAuth]>([
    ['a wrong secret (TOK-10)', oauth.ClientSecretPost('wrong')],
    ['no secret at all (TOK-10)', oauth.None()],
  ])('is refused with %s', async (_what, proof) => {
    await expect(ask('ci', proof, {})).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('is told to a server as what it is, and as nobody else (decision 7)', async () => {
    const tokens = await ask('ci', oauth.ClientSecretBasic(secret), { resource: gateway.server('backend') })
    expect((await call('backend', tokens.access_token)).status).toBe(200)
    const { payload } = readJwt(String(backend.seen.at(-1)?.['x-auth-assertion']))
    expect(payload).toMatchObject({
      sub: 'client:ci',
      provider: 'client',
      login: 'ci',
      name: 'Nightly build',
      client_id: 'ci',
      aud: gateway.server('backend'),
    })
    expect(payload.act).toBeUndefined()
  })

  it('uses a server whose allow list names it, by client:ID, and no other does (decision 8)', async () => {
    const tokens = await ask('deploy', keyed(), { resource: gateway.server('other') })
    expect((await call('other', tokens.access_token)).status).toBe(200)
    await expect(ask('ci', oauth.ClientSecretBasic(secret), { resource: gateway.server('other') })).rejects.toMatchObject({
      error: 'invalid_target',
    })
  })

  it('binds its token to a key when it proves one, and the token is worth nothing without (RFC 9449)', async () => {
    const client: oauth.Client = { client_id: 'ci' }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const request = async () => {
      const proof = oauth.ClientSecretPost(secret)
      const params = { resource: gateway.server() }
      const response = await oauth.clientCredentialsGrantRequest(as, client, proof, params, { ...insecure, DPoP })
      return oauth.processClientCredentialsResponse(as, client, response)
    }
    const tokens = await request().catch((error) => {
      if (!oauth.isDPoPNonceError(error)) throw error
      return request()
    })
    expect(tokens.token_type).toBe('dpop')
    expect((await call('echo', tokens.access_token)).status).toBe(401)
    const headers = new Headers({ accept: 'application/json, text/event-stream', 'content-type': 'application/json' })
    const reach = () =>
      oauth.protectedResourceRequest(
        ...([tokens.access_token, 'POST', new URL(gateway.server()), headers, JSON.stringify(INITIALIZE)] as const),
        { ...insecure, DPoP },
      )
    const answer = await reach().catch((error) => {
      if (!oauth.isDPoPNonceError(error)) throw error
      return reach()
    })
    expect(answer.status).toBe(200)
  })

  it('is out at once when its token is revoked', async () => {
    const tokens = await ask('deploy', keyed(), { resource: gateway.server() })
    expect((await call('echo', tokens.access_token)).status).toBe(200)
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, { client_id: 'deploy' }, keyed(), tokens.access_token, insecure),
    )
    expect((await call('echo', tokens.access_token)).status).toBe(401)
    const again = await ask('deploy', keyed(), { resource: gateway.server() })
    expect((await call('echo', again.access_token)).status).toBe(200)
  })
})

describe('the machine providers of the official TypeScript SDKs, that know only the URL', () => {
  const own = { clientId: 'ci', clientSecret: secret, expectedIssuer: gateway.url }
  const key = { clientId: 'deploy', privateKey: pem, algorithm: 'ES256', expectedIssuer: gateway.url }

  it.each([
    ['v1 with a secret', () => new ClientCredentialsProvider(own)],
    ['v1 with a key', () => new PrivateKeyJwtProvider(key)],
  ])('%s: gets in, calls a tool, and asks anew when its token has expired', async (_what, provider) => {
    const client = new Client({ name: 'machine', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(new URL(gateway.server()), { authProvider: provider() }))
    const hello = { name: 'echo', arguments: { message: 'hello' } }
    expect(await client.callTool(hello)).toMatchObject({ content: [{ type: 'text', text: 'hello' }] })
    gateway.clock.advance(125)
    expect(await client.callTool(hello)).toMatchObject({ content: [{ type: 'text', text: 'hello' }] })
    await client.close()
  })

  it.each([
    ['v2 with a secret', () => new ClientCredentialsV2(own)],
    ['v2 with a key', () => new PrivateKeyJwtV2(key)],
  ])('%s: gets in and calls a tool', async (_what, provider) => {
    const client = new ClientV2({ name: 'machine', version: '1.0.0' })
    await client.connect(new TransportV2(new URL(gateway.server()), { authProvider: provider() }))
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hello' } })).toMatchObject({
      content: [{ type: 'text', text: 'hello' }],
    })
    await client.close()
  })
})
