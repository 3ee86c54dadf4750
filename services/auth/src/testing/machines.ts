import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { tokenEndpoint } from '../token/token-endpoint.ts'
import { createTestApp, form, type TestContext } from './test-context.ts'

/** A client as the operator's file makes it: confidential, with these members. */
export const configuredClient = (clientId: string, members: Partial<Client> = {}): Client => ({
  clientId,
  source: 'configured',
  redirectUris: [],
  grantTypes: [],
  responseTypes: [],
  tokenEndpointAuthMethod: 'client_secret_basic',
  createdAt: 0,
  ...members,
})

/** A directory of these clients and those in the store, where naming a client is proof enough. */
export function withClients(context: TestContext, listed: readonly Client[]): TestContext {
  const find = async (clientId: string) =>
    listed.find((client) => client.clientId === clientId) ?? (await context.clients.find(clientId))
  return {
    ...context,
    clients: {
      ...context.clients,
      find,
      isMachine: (clientId) => listed.some((client) => client.clientId === clientId),
      isAgent: (clientId) => listed.some((client) => client.clientId === clientId),
    },
    authenticateClient: async (_authorization, { client_id: clientId = '' }) => {
      const client = await find(clientId)
      if (!client) throw new OAuthError('invalid_client', 'unknown', { reason: 'client_unknown' })
      return client
    },
  }
}

export interface TokenReply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>> & { readonly access_token: string; readonly error?: string }
}

export type AskToken = (fields: Readonly<Record<string, string | undefined>>) => Promise<TokenReply>

/** /token of a context. */
export async function startTokenEndpoint(context: Context): Promise<{ readonly app: FastifyInstance; readonly ask: AskToken }> {
  const app = await createTestApp((scope) => tokenEndpoint(scope, context), context)
  return {
    app,
    ask: async (fields) => {
      const response = await app.inject({
        method: 'POST',
        url: '/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: form(fields),
      })
      return { status: response.statusCode, headers: response.headers, body: response.json() }
    },
  }
}
