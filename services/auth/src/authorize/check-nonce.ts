import { OAuthError } from '../oauth/error.ts'

/** It travels in URLs with the rest of the request; clients send 16 to 64 characters. */
const MAX_LENGTH = 512

/** OpenID Connect's `nonce` (Core §3.1.2.1), for the ID token. @throws OAuthError `invalid_request` when it is too long */
export function checkNonce(nonce: string | undefined): string | undefined {
  if (nonce === undefined || nonce.length <= MAX_LENGTH) return nonce
  throw new OAuthError('invalid_request', `nonce is longer than ${MAX_LENGTH} characters`, { reason: 'nonce_too_long' })
}
