import { OAuthError } from '../oauth/error.ts'

/** BASE64URL of a SHA-256 digest (RFC 7638). */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/

/** The key that shall redeem the code (RFC 9449 §10 `dpop_jkt`). @throws OAuthError `invalid_request` when it is no thumbprint */
export function checkDpopJkt(thumbprint: string | undefined): string | undefined {
  if (thumbprint === undefined || THUMBPRINT.test(thumbprint)) return thumbprint
  throw new OAuthError('invalid_request', 'dpop_jkt must be 43 characters of base64url', { reason: 'dpop_jkt_malformed' })
}
