import { encodeForm } from '../support/http.ts'
import type { Replica } from './replicas.ts'
import type { PublicClient } from './seed.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** One request over a kept connection. @throws when the connection breaks, as when the replica is killed */
export async function post(url: string, fields: Readonly<Record<string, string | undefined>>, headers = {}): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers: { ...FORM, ...headers }, body: encodeForm(fields) })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) }
}

export const redeem = ({ url }: Replica, { clientId }: PublicClient, { code, verifier }: { code: string; verifier: string }) =>
  post(`${url}/token`, { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier })

export const refresh = ({ url }: Replica, { clientId }: PublicClient, token: string) =>
  post(`${url}/token`, { grant_type: 'refresh_token', client_id: clientId, refresh_token: token })

export const revoke = ({ url }: Replica, { clientId }: PublicClient, token: string) =>
  post(`${url}/revoke`, { client_id: clientId, token })

/** What the reverse proxy is told about a call with this token. */
export async function verify({ internalUrl }: Replica, accessToken: string): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}`, 'x-forwarded-uri': '/echo/mcp', 'x-forwarded-method': 'POST' }
  const response = await fetch(`${internalUrl}/verify`, { headers })
  await response.arrayBuffer()
  return response.status
}

/** @throws Error unless it is a 200 with tokens */
export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`no tokens but ${status} ${JSON.stringify(body)}`)
  return body as unknown as Tokens
}
