import type { OAuthErrorCode } from '../oauth/error.ts'

export type Answer = { readonly code: string } | { readonly error: OAuthErrorCode; readonly error_description: string }

/** What only we may say at the redirect URI; the client's own query may say anything else. */
const OURS = /(^|&)(code|state|iss|error|error_description|error_uri)(=[^&]*)?(?=&|$)/g

/**
 * The redirect URI with the answer (RFC 6749 §4.1.2). Its own query is kept byte for byte ("MUST be retained when adding
 * additional query parameters"), without members of ours, so that `iss` (RFC 9207) is there exactly once.
 * @param state - percent-encoded, as it came
 */
export function responseUrl(issuer: string, redirectUri: string, state: string | undefined, answer: Answer): string {
  const start = redirectUri.indexOf('?')
  const base = start < 0 ? redirectUri : redirectUri.slice(0, start)
  const own =
    start < 0
      ? ''
      : redirectUri
          .slice(start + 1)
          .replace(OURS, '')
          .replace(/^&+|&+$/g, '')
  const parts = [
    ...(own === '' ? [] : [own]),
    ...Object.entries(answer).map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    ...(state === undefined ? [] : [`state=${state}`]),
    `iss=${encodeURIComponent(issuer)}`,
  ]
  return `${base}?${parts.join('&')}`
}
