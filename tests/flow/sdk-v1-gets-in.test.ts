import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { MemoryOAuthProvider } from '../support/memory-oauth-provider.ts'
import { createPerson } from '../support/person.ts'

/** The shortest life that the configuration takes, so that the sessions outlive it. */
const gateway = await startGateway({ ACCESS_TOKEN_TTL: '60' })
afterAll(() => gateway.close())

type Provider = MemoryOAuthProvider<OAuthClientInformationMixed, OAuthTokens>

async function connect(provider: Provider): Promise<Client> {
  const client = new Client({ name: 'host', version: '1.0.0' })
  const open = () => new StreamableHTTPClientTransport(new URL(gateway.server()), { authProvider: provider })
  const first = open()
  try {
    await client.connect(first)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    await first.finishAuth(provider.answer.get('code') ?? '')
    await client.connect(open())
  }
  return client
}

describe('the official TypeScript SDK v1, that knows only the URL', () => {
  it('gets in, calls a tool, and refreshes without a browser when its token has expired', async () => {
    const provider: Provider = new MemoryOAuthProvider(createPerson({ password: PASSWORD }))
    const client = await connect(provider)
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('echo')
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hello' } })).toMatchObject({
      content: [{ type: 'text' }],
    })
    const before = provider.stored?.access_token

    gateway.clock.advance(125)
    await client.listTools()
    expect(provider.stored?.access_token).not.toBe(before)
    expect(provider.browserVisits).toBe(1)
    await client.close()
  })

  it('asks the person again, with the client it registered, when its grant was ended', async () => {
    const provider: Provider = new MemoryOAuthProvider(createPerson({ password: PASSWORD }))
    const client = await connect(provider)
    const info = provider.clientInformation()
    await fetch(`${gateway.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: provider.stored?.refresh_token ?? '', client_id: info?.client_id ?? '' }),
    })
    await client.close()
    const again = await connect(provider)
    expect((await again.listTools()).tools).not.toHaveLength(0)
    expect(provider.browserVisits).toBe(2)
    expect(provider.clientInformation()).toEqual(info)
    await again.close()
  })
})
