import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'
import { isCodeChallenge } from '../oauth/pkce.ts'

/**
 * PKCE with S256, from everybody (OAuth 2.1 §7.5.1; MCP authorization). An absent method would mean `plain`
 * (RFC 7636 §4.3), so it is refused like `plain`.
 * @returns the challenge
 * @throws OAuthError `invalid_request`
 */
export function checkCodeChallenge({ code_challenge: challenge, code_challenge_method: method }: Params): string {
  if (challenge === undefined) throw refuse('code_challenge is missing; PKCE is required', 'code_challenge_missing')
  if (method !== 'S256') throw refuse('code_challenge_method must be S256', 'code_challenge_method')
  if (!isCodeChallenge(challenge)) throw refuse('code_challenge must be 43 characters of base64url', 'code_challenge_malformed')
  return challenge
}

const refuse = (description: string, reason: string): OAuthError => new OAuthError('invalid_request', description, { reason })
