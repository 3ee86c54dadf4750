import { OAuthError } from './error.ts'
import { equalDigests, sha256 } from './secret.ts'

/** BASE64URL of a SHA-256 digest: 43 characters (RFC 7636 §4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/
/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

export const isCodeChallenge = (value: string): boolean => CHALLENGE.test(value)

/**
 * Checks a `code_verifier` against the challenge stored with the code. Only S256 exists here: /authorize refuses
 * `plain`, so a stored challenge is always BASE64URL(SHA-256(verifier)) (RFC 7636 §4.6).
 * @throws OAuthError `invalid_grant`, reason `pkce_malformed` or `pkce_mismatch`; the client sees one text for both
 */
export function verifyPkce(verifier: string, challenge: string): void {
  const reason = !VERIFIER.test(verifier)
    ? 'pkce_malformed'
    : equalDigests(sha256(verifier), challenge)
      ? undefined
      : 'pkce_mismatch'
  if (reason) throw new OAuthError('invalid_grant', 'code_verifier does not belong to this code', { reason })
}
