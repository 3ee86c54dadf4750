import type { WireError } from '../http/error-handler.ts'

/** What the edge asks about a request to a server. */
export interface VerifyRequest {
  readonly method: string
  /** Path and query exactly as the client sent them. */
  readonly uri: string
  readonly authorization: string | undefined
  /** The proof beside a token that is bound to a key (RFC 9449 §7.1). */
  readonly dpop: string | undefined
  /** `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` as sent. */
  readonly protocolVersion: string | undefined
  readonly mcpMethod: string | undefined
  readonly mcpName: string | undefined
}

/** 200 lets the request through, with the headers (lower case) for the server; everything else is the answer to the client. */
export interface VerifyAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Outcomes, as they are counted and logged. */
export type Outcome =
  | 'allowed'
  | 'no_credentials'
  | 'invalid_token'
  | 'invalid_proof'
  | 'insufficient_scope'
  | 'not_found'
  | 'unavailable'
  | 'failed'

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

/** A refusal that is OAuth's: 401 with its challenge, 403 for too little scope, 404, 503. */
export const oauthAnswer = (
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): VerifyAnswer => ({
  status,
  headers: { ...JSON_HEADERS, ...headers },
  body: JSON.stringify({ error, error_description: description }),
})

export const faultAnswer = (wire: WireError): VerifyAnswer => oauthAnswer(wire.status, wire.error, wire.description, wire.headers)
