import { PROOF_ALGORITHMS } from '../dpop/algorithms.ts'
import { oauthAnswer, type VerifyAnswer } from './answer.ts'
import type { Scheme } from './authorization.ts'

/**
 * The `WWW-Authenticate` of one URL, for one way to present a token (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1). Values are
 * quoted ASCII without quotes inside; no other parameter ends in `scope` or `error`, because SDKs look for these with
 * unanchored patterns.
 */
export interface Challenges {
  /** 401 without `error`: nobody has tried to sign in yet (RFC 6750 §3.1). Bearer alone: what most clients can read. */
  readonly noCredentials: VerifyAnswer
  invalidToken(description: string): VerifyAnswer
  /** A token that is bound to a key and came as Bearer: the scheme that it needs stands behind the one that was used. */
  boundToken(description: string): VerifyAnswer
  /** @param error - `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token` for a proof by another key */
  refusedProof(error: string, description: string, headers: Readonly<Record<string, string>>): VerifyAnswer
  /** @param scope - what the token has plus what is missing: VS Code replaces, others unite */
  insufficientScope(scope: string): VerifyAnswer
}

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`

/**
 * @param metadataUrl - protected resource metadata of the URL as the client spells it, on the same origin
 * @param scope - what a client without a wish should ask for
 */
export function createChallenges(scheme: Scheme, metadataUrl: string, scope: string): Challenges {
  const resource = `resource_metadata="${metadataUrl}"`
  const start = scheme === 'DPoP' ? `DPoP ${ALGORITHMS}, ` : 'Bearer '
  const refusal = (error: string, description: string) =>
    `${start}error="${error}", error_description="${description}", ${resource}, scope="${scope}"`
  const answer = (status: 401 | 403, error: string, description: string, challenge: string, headers = {}) =>
    oauthAnswer(status, error, description, { ...headers, 'www-authenticate': challenge })
  return {
    noCredentials: answer(
      401,
      'invalid_token',
      'sign in first: there is no access token in the Authorization header',
      `Bearer ${resource}, scope="${scope}"`,
    ),
    invalidToken: (description) => answer(401, 'invalid_token', description, refusal('invalid_token', description)),
    boundToken: (description) =>
      answer(401, 'invalid_token', description, `${refusal('invalid_token', description)}, DPoP ${ALGORITHMS}`),
    refusedProof: (error, description, headers) => answer(401, error, description, refusal(error, description), headers),
    insufficientScope: (needed) =>
      answer(
        403,
        'insufficient_scope',
        'the token does not have the scope for this',
        `${start}error="insufficient_scope", scope="${needed}", ${resource}, error_description="the token does not have the scope for this"`,
      ),
  }
}
