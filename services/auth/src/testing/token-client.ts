import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Context } from '../context.ts'
import type { ClientAuthMethod, RegisteredClient } from '../oauth/client.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import { type Approval, approve, form, REDIRECT_URI } from './test-context.ts'

export interface TestClient {
  readonly clientId: string
  readonly secret: string
}

/** Puts a client into the store, as a registration does. */
export async function addClient(
  context: Context,
  changes: Partial<RegisteredClient> = {},
  method: ClientAuthMethod = 'none',
): Promise<TestClient> {
  const secret = `sec_${randomSecret()}`
  const client: RegisteredClient = {
    clientId: `cli_${randomSecret(16)}`,
    source: 'registered',
    redirectUris: [REDIRECT_URI],
    grantTypes: ['authorization_code', 'refresh_token'],
    responseTypes: ['code'],
    tokenEndpointAuthMethod: method,
    ...(method === 'none' ? {} : { secretHash: sha256(secret) }),
    registrationTokenHashes: ['x'],
    createdAt: Math.floor(context.clock() / 1000),
    ...changes,
  }
  await context.stores.clients.create(client, randomSecret(), 10_000)
  return { clientId: client.clientId, secret }
}

export interface TokenAnswer {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly scope: string
  readonly id_token?: string
}

type Fields = Readonly<Record<string, string | undefined>>

/** A client at /token and /revoke. */
export function tokenClient(app: FastifyInstance, client: TestClient) {
  const send = (url: string, fields: Fields): Promise<LightMyRequestResponse> =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: form({ client_id: client.clientId, ...fields }),
    })
  const self = {
    redeem: ({ code, verifier }: Approval, changes: Fields = {}) =>
      send('/token', { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI, ...changes }),
    refresh: (token: string, changes: Fields = {}) =>
      send('/token', { grant_type: 'refresh_token', refresh_token: token, ...changes }),
    revoke: (token: string | undefined, changes: Fields = {}) => send('/revoke', { token, ...changes }),
    /** Everything from approval to the first tokens. */
    signIn: async (
      context: Context,
      overrides: Parameters<typeof approve>[2] = {},
    ): Promise<TokenAnswer & { grantId: string }> => {
      const approval = await approve(context, client.clientId, overrides)
      return { ...(await self.redeem(approval)).json<TokenAnswer>(), grantId: approval.grant.id }
    },
  }
  return self
}

/** What a JWT says, without checking it. */
export const readPayload = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
