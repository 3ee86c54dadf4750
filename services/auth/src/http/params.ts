import { OAuthError } from '../oauth/error.ts'

export type Params = Readonly<Record<string, string | undefined>>

/**
 * Reads the parameters of a query or a form. RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they
 * were omitted from the request" and "Request and response parameters MUST NOT be included more than once".
 * @param repeatable - parameters that may come several times (`resource`, RFC 8707 §2); their values are joined by a space
 * @throws OAuthError `invalid_request` for any other repeated parameter
 */
export function readParams(encoded: string, repeatable: readonly string[] = []): Params {
  const params: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (value === '') continue
    if (params[name] === undefined) params[name] = value
    else if (repeatable.includes(name)) params[name] += ` ${value}`
    else throw new OAuthError('invalid_request', 'a parameter is included more than once', { reason: 'repeated_parameter' })
  }
  return params
}

/** The raw query of a request target, without `?`. */
export const rawQuery = (url: string): string => {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}
