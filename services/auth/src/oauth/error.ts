/** HTTP status of each error code. RFC 6749 §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 8707 §2, RFC 9449 §5. */
const ERROR_STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  access_denied: 403,
  login_required: 400,
  consent_required: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  invalid_request_uri: 400,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  server_error: 500,
  temporarily_unavailable: 503,
} as const

export type OAuthErrorCode = keyof typeof ERROR_STATUS

/**
 * A refusal the client is told about. Anything else that is thrown is a bug and answers `server_error`.
 * The description goes on the wire, so it is a sentence a person can act on and never says which of several
 * secret checks failed; `reason` is for the log and for tests alone.
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly reason: string
  /** Overrides the table, for the endpoints whose RFC asks for another status (RFC 7009, RFC 7592). */
  readonly status: number
  /** Further response headers, such as `WWW-Authenticate` or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: OAuthErrorCode,
    description: string,
    details: { reason: string; cause?: unknown; status?: number; headers?: Record<string, string> },
  ) {
    super(description, { cause: details.cause })
    this.code = code
    this.reason = details.reason
    this.status = details.status ?? ERROR_STATUS[code]
    this.headers = details.headers ?? {}
  }
}
