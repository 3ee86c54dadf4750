import type { FastifyBaseLogger } from 'fastify'
import type { Params } from '../http/params.ts'
import type { Client } from '../oauth/client.ts'

/** The successful answer (RFC 6749 §5.1); no member is ever null. */
export interface TokenResponse {
  readonly access_token: string
  /** With a capital B, for clients that compare it so; DPoP when bound to a key (RFC 9449 §5). */
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope: string
  readonly id_token?: string
  /** Of a token exchange (RFC 8693 §2.2.1). */
  readonly issued_token_type?: string
}

/** What every grant gets. The endpoint has parsed the form and authenticated the client. */
interface TokenRequest {
  readonly params: Params
  readonly client: Client
  readonly log: FastifyBaseLogger
  /** RFC 7638 thumbprint of the key that proved itself by DPoP; the tokens are bound to it. */
  readonly jkt?: string | undefined
}

/** One `grant_type`: it fills in what is its own. */
export interface TokenGrant {
  readonly grantType: string
  /**
   * Which client a request is of whose grant shows it, and that sends no other proof (RFC 7521 §4.1); undefined = it must prove
   * itself as at every other grant. @throws OAuthError
   */
  identify?(params: Params): Promise<Client | undefined>
  /** @throws OAuthError */
  redeem(request: TokenRequest): Promise<TokenResponse>
}
