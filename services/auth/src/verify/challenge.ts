import { oauthAnswer, type VerifyAnswer } from './answer.ts'

/**
 * The `WWW-Authenticate` of one URL (RFC 6750 §3, RFC 9728 §5.1). Values are quoted ASCII without quotes inside; no other
 * parameter ends in `scope` or `error`, because SDKs look for these with unanchored patterns.
 */
export interface Challenges {
  /** 401 without `error`: nobody has tried to sign in yet (RFC 6750 §3.1). */
  readonly noCredentials: VerifyAnswer
  invalidToken(description: string): VerifyAnswer
  /** @param scope - what the token has plus what is missing: VS Code replaces, others unite */
  insufficientScope(scope: string): VerifyAnswer
}

/**
 * @param metadataUrl - protected resource metadata of the URL as the client spells it, on the same origin
 * @param scope - what a client without a wish should ask for
 */
export function createChallenges(metadataUrl: string, scope: string): Challenges {
  const resource = `resource_metadata="${metadataUrl}"`
  const challenge = (status: 401 | 403, error: string, description: string, value: string) =>
    oauthAnswer(status, error, description, { 'www-authenticate': `Bearer ${value}` })
  return {
    noCredentials: challenge(
      401,
      'invalid_token',
      'sign in first: there is no access token in the Authorization header',
      `${resource}, scope="${scope}"`,
    ),
    invalidToken: (description) =>
      challenge(
        401,
        'invalid_token',
        description,
        `error="invalid_token", error_description="${description}", ${resource}, scope="${scope}"`,
      ),
    insufficientScope: (needed) =>
      challenge(
        403,
        'insufficient_scope',
        'the token does not have the scope for this',
        `error="insufficient_scope", scope="${needed}", ${resource}, error_description="the token does not have the scope for this"`,
      ),
  }
}
