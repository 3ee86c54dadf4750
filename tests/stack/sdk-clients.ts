import {
  Client as ClientV2,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedErrorV2,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { MemoryOAuthProvider } from '../support/memory-oauth-provider.ts'
import type { Person } from '../support/person.ts'

/** What a person's MCP host keeps between two starts: its registration and its tokens for one server. */
export interface Host {
  /** Connects, with sign-in in the browser when the SDK asks for it. */
  connect(): Promise<Connection>
  browserVisits(): number
  accessToken(): string | undefined
  /** As if the access token had run out: the gateway refuses it, the refresh token is good. */
  spoilAccessToken(): void
}

export interface Connection {
  tools(): Promise<string[]>
  call(name: string, args: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

export type OpenHost = (url: string, person: Person) => Host

export const SDK_HOSTS: readonly (readonly [name: string, open: OpenHost])[] = [
  ['the official TypeScript SDK v1', openV1],
  ['the official TypeScript client v2', (url, person) => openV2(url, person, 'legacy')],
  ['the official TypeScript client v2, which asks for the newest revision first', (url, person) => openV2(url, person, 'auto')],
]

const INFO = { name: 'stack test', version: '1.0.0' }

function openV1(url: string, person: Person): Host {
  const provider = new MemoryOAuthProvider<OAuthClientInformationMixed, OAuthTokens>(person)
  return hostOf(provider, async () => {
    const client = new Client(INFO)
    const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
    const first = open()
    try {
      await client.connect(first)
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error
      await first.finishAuth(provider.answer.get('code') ?? '')
      await client.connect(open())
    }
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    }
  })
}

/** Keeps what it discovered, too, so that the client checks after the browser that it still speaks with the same server. */
class DiscoveringProvider extends MemoryOAuthProvider<StoredOAuthClientInformation, StoredOAuthTokens> {
  #state: OAuthDiscoveryState | undefined

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#state = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#state
  }
}

function openV2(url: string, person: Person, mode: 'legacy' | 'auto'): Host {
  const provider = new DiscoveringProvider(person)
  return hostOf(provider, async () => {
    const client = new ClientV2(INFO, { versionNegotiation: { mode } })
    const open = () => new TransportV2(new URL(url), { authProvider: provider })
    const first = open()
    try {
      await client.connect(first)
    } catch (error) {
      if (!(error instanceof UnauthorizedErrorV2)) throw error
      await first.finishAuth(provider.answer)
      await client.connect(open())
    }
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    }
  })
}

function hostOf<Tokens extends { access_token: string }>(
  provider: MemoryOAuthProvider<unknown, Tokens>,
  connect: () => Promise<Connection>,
): Host {
  return {
    connect,
    browserVisits: () => provider.browserVisits,
    accessToken: () => provider.stored?.access_token,
    spoilAccessToken: () => {
      if (provider.stored) provider.stored = { ...provider.stored, access_token: spoil(provider.stored.access_token) }
    },
  }
}

/** Another signature: well formed, never valid. */
export const spoil = (token: string): string => `${token.slice(0, -8)}AAAAAAAA`

/** The text of a tool's result. */
export function textOf(result: unknown): string {
  const content = (result as { content?: readonly { type: string; text?: string }[] }).content ?? []
  return content.map(({ text }) => text ?? '').join('\n')
}
