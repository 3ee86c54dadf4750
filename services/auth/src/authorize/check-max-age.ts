import { OAuthError } from '../oauth/error.ts'

const WHOLE_SECONDS = /^\d{1,9}$/

/**
 * How long ago, in seconds, the person may have signed in at most (OpenID Connect Core §3.1.2.1); undefined = no matter.
 * @throws OAuthError `invalid_request` when it is no number of seconds
 */
export function checkMaxAge(maxAge: string | undefined): number | undefined {
  if (maxAge === undefined) return undefined
  if (WHOLE_SECONDS.test(maxAge)) return Number(maxAge)
  throw new OAuthError('invalid_request', 'max_age is a number of seconds', { reason: 'max_age_malformed' })
}
