import {
  Client as ClientV2,
  CrossAppAccessProvider,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, it } from 'vitest'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { echoServer, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient, readJwt } from '../support/oauth-client.ts'
import { startOidcProvider } from '../support/oidc-provider.ts'
import { createPerson } from '../support/person.ts'
import { startTokenIssuer } from '../support/token-issuer.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ID_JAG = 'oauth-id-jag+jwt'
const company = await startTokenIssuer()
const platform = await startTokenIssuer()
const stranger = await startTokenIssuer()

const gateway = await startGateway(
  {
    // The shortest that the configuration takes, so that sessions outlive it.
    ACCESS_TOKEN_TTL: '60',
    ALLOWED_USERS: 'group:staff',
    CLIENTS_CONFIG: writeClientsFile({
      clients: [
        { client_id: 'editor', client_secret: clientSecretOf('editor'), grant_types: [JWT_BEARER] },
        { client_id: 'planner', client_name: 'Planner', grant_types: [JWT_BEARER] },
      ],
      issuers: [
        { issuer: company.issuer, id_jag: true },
        { issuer: platform.issuer, workloads: [{ subject: 'system:serviceaccount:agents:*', client_id: 'planner' }] },
      ],
    }),
  },
  { servers: { echo: echoServer(), staff: echoServer({ allow: ['group:staff'] }) } },
)
afterAll(async () => {
  await gateway.close()
  await Promise.all([company, platform, stranger].map((issuer) => issuer.close()))
})

const insecure = { [oauth.allowInsecureRequests]: true }
const metadata = await oauth.processDiscoveryResponse(
  new URL(gateway.url),
  await oauth.discoveryRequest(new URL(gateway.url), { ...insecure, algorithm: 'oauth2' }),
)
const ask = async (client: oauth.Client, proof: oauth.ClientAuth, fields: Readonly<Record<string, string>>) =>
  oauth.processGenericTokenEndpointResponse(
    metadata,
    client,
    await oauth.genericTokenEndpointRequest(metadata, client, proof, JWT_BEARER, fields, insecure),
  )

const hello = { name: 'echo', arguments: { message: 'hello' } }
const said = { content: [{ type: 'text', text: 'hello' }] }

describe("a company's identity provider (Enterprise-Managed Authorization extension)", () => {
  const ada = { sub: 'U0194', groups: ['staff'], client_id: 'editor', scope: 'mcp' }

  it('is named in the metadata: the grant, and the profile', () => {
    expect(metadata.grant_types_supported).toContain(JWT_BEARER)
    expect(metadata.authorization_grant_profiles_supported).toEqual(['urn:ietf:params:oauth:grant-profile:id-jag'])
  })

  it('signs a person in to a client of the official SDK v2, without a browser, and again when the token has expired', async () => {
    const asked: string[] = []
    const provider = new CrossAppAccessProvider({
      clientId: 'editor',
      clientSecret: clientSecretOf('editor'),
      expectedIssuer: gateway.url,
      assertion: ({ authorizationServerUrl, resourceUrl, scope }) => {
        asked.push(resourceUrl)
        return company.sign({ ...ada, aud: authorizationServerUrl, resource: resourceUrl, scope }, ID_JAG)
      },
    })
    const client = new ClientV2({ name: 'editor', version: '1.0.0' })
    await client.connect(new TransportV2(new URL(gateway.server('staff')), { authProvider: provider }))
    expect(await client.callTool(hello)).toMatchObject(said)
    expect(asked).toEqual([gateway.server('staff')])
    const { payload } = readJwt(provider.tokens()?.access_token ?? '')
    expect(payload).toMatchObject({ sub: `idjag:${company.issuer}#U0194`, client_id: 'editor', aud: gateway.server('staff') })
    gateway.clock.advance(125)
    expect(await client.callTool(hello)).toMatchObject(said)
    expect(asked).toHaveLength(2)
    await client.close()
    expect(company.requests).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  it('is believed once about each assertion, and only for the client that it names', async () => {
    const editor = { client_id: 'editor' }
    const proof = oauth.ClientSecretBasic(clientSecretOf('editor'))
    const assertion = await company.sign({ ...ada, aud: gateway.url, resource: gateway.server() }, ID_JAG)
    const other = await company.sign({ ...ada, client_id: 'planner', aud: gateway.url, resource: gateway.server() }, ID_JAG)
    const tokens = await ask(editor, proof, { assertion })
    expect(tokens.refresh_token).toBeUndefined()
    await expect(ask(editor, proof, { assertion })).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(ask(editor, proof, { assertion: other })).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('lets in nobody whom ALLOWED_USERS does not have', async () => {
    const assertion = await company.sign({ ...ada, groups: ['guests'], aud: gateway.url, resource: gateway.server() }, ID_JAG)
    const proof = oauth.ClientSecretBasic(clientSecretOf('editor'))
    await expect(ask({ client_id: 'editor' }, proof, { assertion })).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

describe('a company whose people also sign in in a browser', () => {
  it('knows each of them as one person, by whichever way they came', { timeout: 20_000 }, async () => {
    const provider = await startOidcProvider()
    const both = await startGateway({
      ALLOWED_USERS: '*',
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      CLIENTS_CONFIG: writeClientsFile({
        clients: [{ client_id: 'editor', client_secret: clientSecretOf('editor'), grant_types: [JWT_BEARER] }],
        // The company's keys, for what is signed in the provider's name.
        issuers: [{ issuer: provider.issuer, jwks_uri: `${company.issuer}/keys`, id_jag: true }],
      }),
    })
    const browser = new OAuthClient(both.server())
    await browser.signIn(createPerson({ provider: 'oidc' }))
    const { sub } = readJwt(browser.tokens?.access_token ?? '').payload
    const claims = { iss: provider.issuer, sub: 'ada-5512', client_id: 'editor' }
    const assertion = await company.sign({ ...claims, aud: both.url, resource: both.server() }, ID_JAG)
    const response = await send(`${both.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ grant_type: JWT_BEARER, assertion },
        ...{ client_id: 'editor', client_secret: clientSecretOf('editor') },
      }).toString(),
    })
    expect(sub).toBe('oidc:ada-5512')
    expect(readJwt(String(response.json().access_token)).payload.sub).toBe(sub)
    await both.close()
    await provider.close()
  })
})

describe('a platform that vouches for its workloads (Workload Identity Federation, SEP-1933)', () => {
  const claims = { sub: 'system:serviceaccount:agents:planner' }

  it('gets a workload in with the official SDK v1, which has no secret, by the token of its pod', async () => {
    let kept: OAuthTokens | undefined
    const provider: OAuthClientProvider = {
      redirectUrl: undefined,
      clientMetadata: { redirect_uris: [], grant_types: [JWT_BEARER], token_endpoint_auth_method: 'none' },
      clientInformation: () => ({ client_id: 'planner', issuer: gateway.url }),
      tokens: () => kept,
      saveTokens: (tokens) => {
        kept = tokens
      },
      redirectToAuthorization: () => Promise.reject(new Error('there is no browser')),
      saveCodeVerifier: () => {},
      codeVerifier: () => '',
      prepareTokenRequest: async () =>
        new URLSearchParams({ grant_type: JWT_BEARER, assertion: await platform.sign({ ...claims, aud: gateway.url }) }),
    }
    const client = new Client({ name: 'planner', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(new URL(gateway.server()), { authProvider: provider }))
    expect(await client.callTool(hello)).toMatchObject(said)
    expect(readJwt(kept?.access_token ?? '').payload).toMatchObject({ sub: 'client:planner', client_id: 'planner' })
    await client.close()
  })

  it('needs no client_id, and may show the same token again', async () => {
    const assertion = await platform.sign({ ...claims, aud: gateway.url })
    for (let time = 0; time < 2; time++) {
      const response = await send(`${gateway.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: JWT_BEARER, assertion, resource: gateway.server() }).toString(),
      })
      expect(response.status).toBe(200)
      expect(response.headers['cache-control']).toContain('no-store')
      expect(response.json()).toMatchObject({ token_type: 'Bearer', scope: 'mcp' })
    }
  })

  it.each<[string, () => Promise<string>]>([
    ['made for somebody else', () => platform.sign({ ...claims, aud: 'https://sts.amazonaws.com' })],
    ['of another workload', () => platform.sign({ sub: 'system:serviceaccount:default:planner', aud: gateway.url })],
    ['of an issuer that nobody named, whom nobody asks for keys', () => stranger.sign({ ...claims, aud: gateway.url })],
    ['that a stranger signed in its name', () => stranger.sign({ iss: platform.issuer, ...claims, aud: gateway.url })],
  ])('gets nobody in by a token %s', async (_what, sign) => {
    const fields = { assertion: await sign(), resource: gateway.server() }
    await expect(ask({ client_id: 'planner' }, oauth.None(), fields)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(stranger.requests).toEqual([])
  })

  it('is no reason to overlook a secret that is sent, and wrong (TOK-10)', async () => {
    const assertion = await platform.sign({ ...claims, aud: gateway.url })
    const proof = oauth.ClientSecretPost('wrong')
    await expect(ask({ client_id: 'planner' }, proof, { assertion })).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('cannot reach a server whose list does not have its client', async () => {
    const fields = { assertion: await platform.sign({ ...claims, aud: gateway.url }), resource: gateway.server('staff') }
    await expect(ask({ client_id: 'planner' }, oauth.None(), fields)).rejects.toMatchObject({ error: 'invalid_target' })
  })
})
