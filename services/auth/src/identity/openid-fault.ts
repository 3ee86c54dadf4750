import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { IdentityProviderError } from './identity-provider.ts'

/** Codes of the library for answers that did not come, or were no answer. */
const NO_ANSWER = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])

/** Turns what the OpenID library throws into a fault: a person's no, a check that failed, or no usable answer. */
export function openidFault(label: string, error: unknown): IdentityProviderError {
  if (error instanceof IdentityProviderError) return error
  if (error instanceof AuthorizationResponseError) {
    if (error.error === 'access_denied') return new IdentityProviderError('denied', `the person said no at ${label}`, error)
    const isAway = error.error === 'temporarily_unavailable' || error.error === 'server_error'
    return new IdentityProviderError(isAway ? 'unavailable' : 'rejected', `${label} sent back ${error.error}`, error)
  }
  if (error instanceof ResponseBodyError) {
    const isAway = error.status >= 500 || error.status === 429
    return new IdentityProviderError(isAway ? 'unavailable' : 'rejected', `${label} refused: ${error.error}`, error)
  }
  // `fetch failed` of an address that does not answer is a TypeError.
  const isAway = error instanceof TypeError || (error instanceof ClientError && NO_ANSWER.has(error.code ?? ''))
  return isAway
    ? new IdentityProviderError('unavailable', `${label} gave no usable answer`, error)
    : new IdentityProviderError('rejected', `the answer of ${label} failed a check`, error)
}
