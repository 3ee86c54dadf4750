import {
  Client,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { MemoryOAuthProvider } from '../support/memory-oauth-provider.ts'
import { createPerson } from '../support/person.ts'

const gateway = await startGateway({ ACCESS_TOKEN_TTL: '60' })
afterAll(() => gateway.close())

type Provider = MemoryOAuthProvider<StoredOAuthClientInformation, StoredOAuthTokens>

async function connect(provider: Provider, mode: 'legacy' | 'auto'): Promise<Client> {
  const client = new Client({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode } })
  const open = () => new StreamableHTTPClientTransport(new URL(gateway.server()), { authProvider: provider })
  const first = open()
  try {
    await client.connect(first)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    await first.finishAuth(provider.answer)
    await client.connect(open())
  }
  return client
}

describe.each(['legacy', 'auto'] as const)('the official TypeScript client v2 in mode %s, that knows only the URL', (mode) => {
  it('gets in, calls a tool, and refreshes without a browser when its token has expired (rules 26, 40)', async () => {
    const provider: Provider = new MemoryOAuthProvider(createPerson({ password: PASSWORD }))
    const client = await connect(provider, mode)
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('echo')
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hello' } })).toMatchObject({
      content: [{ type: 'text' }],
    })
    const before = provider.stored?.access_token

    gateway.clock.advance(125)
    await client.callTool({ name: 'echo', arguments: { message: 'again' } })
    expect(provider.stored?.access_token).not.toBe(before)
    expect(provider.browserVisits).toBe(1)
    await client.close()
  })
})
