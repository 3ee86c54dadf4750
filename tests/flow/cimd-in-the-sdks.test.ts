import {
  Client as ClientV2,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedErrorV2,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { afterAll, describe, expect, it } from 'vitest'
import { startDocumentServer } from '../../services/auth/src/testing/document-server.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { MemoryOAuthProvider } from '../support/memory-oauth-provider.ts'
import { createPerson } from '../support/person.ts'

const certificate = makeCertificate()
const distrust = trustCertificate(certificate)
const server = await startDocumentServer(certificate)
const gateway = await startGateway({
  CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost',
  REGISTRATION: 'off',
  ACCESS_TOKEN_TTL: '60',
})
afterAll(async () => {
  await gateway.close()
  await server.close()
  distrust()
})

const CLIENT_ID = `${server.url}/oauth/client.json`
// As Claude Code's: the port of the redirect URI is free.
server.answer({
  client_id: CLIENT_ID,
  client_name: 'SDK host',
  redirect_uris: ['http://localhost/oauth/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
})

class DocumentProvider<Info, Tokens> extends MemoryOAuthProvider<Info, Tokens> {
  readonly clientMetadataUrl = CLIENT_ID
}
const person = () => createPerson({ password: PASSWORD, now: gateway.clock.now })

describe('an official TypeScript SDK that was given the URL of its document', () => {
  it('gets in by v1 where nobody can register, and refreshes without a browser (rule 22)', async () => {
    const provider = new DocumentProvider<OAuthClientInformationMixed, OAuthTokens>(person())
    const client = new Client({ name: 'host', version: '1.0.0' })
    const open = () => new StreamableHTTPClientTransport(new URL(gateway.server()), { authProvider: provider })
    const first = open()
    await expect(client.connect(first)).rejects.toBeInstanceOf(UnauthorizedError)
    await first.finishAuth(provider.answer.get('code') ?? '')
    await client.connect(open())
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('echo')
    expect(provider.clientInformation()?.client_id).toBe(CLIENT_ID)
    gateway.clock.advance(125)
    await client.listTools()
    expect(provider.browserVisits).toBe(1)
    await client.close()
  })

  it.each(['legacy', 'auto'] as const)('gets in by v2 in mode %s, likewise (rule 22)', async (mode) => {
    const provider = new DocumentProvider<StoredOAuthClientInformation, StoredOAuthTokens>(person())
    const client = new ClientV2({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode } })
    const open = () => new TransportV2(new URL(gateway.server()), { authProvider: provider })
    const first = open()
    await expect(client.connect(first)).rejects.toBeInstanceOf(UnauthorizedErrorV2)
    await first.finishAuth(provider.answer)
    await client.connect(open())
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hello' } })).toMatchObject({
      content: [{ type: 'text' }],
    })
    expect(provider.clientInformation()?.client_id).toBe(CLIENT_ID)
    gateway.clock.advance(125)
    await client.callTool({ name: 'echo', arguments: { message: 'again' } })
    expect(provider.browserVisits).toBe(1)
    await client.close()
  })
})
