import type { FastifyBaseLogger } from 'fastify'
import type { Params } from '../http/params.ts'
import type { Client } from '../oauth/client.ts'

/** The successful answer (RFC 6749 §5.1); no member is ever null. */
export interface TokenResponse {
  readonly access_token: string
  /** With a capital B, for clients that compare it so. */
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
  readonly id_token?: string
}

/** One `grant_type`. The endpoint has parsed the form and authenticated the client; a grant fills in what is its own. */
export interface TokenGrant {
  readonly grantType: string
  /** @throws OAuthError */
  redeem(params: Params, client: Client, log: FastifyBaseLogger): Promise<TokenResponse>
}
