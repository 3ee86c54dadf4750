import { ACCESS_TOKEN_MAX_LENGTH } from '../keys/access-token.ts'

/** Longer headers are refused before anything is computed from them (JWT-09). */
export const AUTHORIZATION_MAX_LENGTH = ACCESS_TOKEN_MAX_LENGTH + 'Bearer '.length

/** How a token may be presented: by whoever has it (RFC 6750), or with a proof of the key it is bound to (RFC 9449 §7.1). */
export type Scheme = 'Bearer' | 'DPoP'

/**
 * RFC 6750 §2.1, RFC 9449 §7.1; the scheme in any case (RFC 9110 §11.1). Two headers arrive joined by a comma, which is none of
 * these characters.
 */
const CREDENTIALS = /^(?:(bearer)|dpop) +([A-Za-z0-9._~+/-]+=*)$/i

export type Credentials =
  | { readonly kind: 'token'; readonly scheme: Scheme; readonly token: string }
  | { readonly kind: 'malformed'; readonly scheme: Scheme }
  /** Another scheme: to us, no credentials. */
  | { readonly kind: 'none' }

export function readAuthorization(authorization: string): Credentials {
  if (authorization.length > AUTHORIZATION_MAX_LENGTH) return { kind: 'malformed', scheme: schemeOf(authorization) }
  const [, bearer, token] = CREDENTIALS.exec(authorization) ?? []
  if (token !== undefined) return { kind: 'token', scheme: bearer === undefined ? 'DPoP' : 'Bearer', token }
  const isForUs = /^(bearer|dpop)\b/i.test(authorization) || authorization.includes(',')
  return isForUs ? { kind: 'malformed', scheme: schemeOf(authorization) } : { kind: 'none' }
}

const schemeOf = (authorization: string): Scheme => (/^dpop\b/i.test(authorization) ? 'DPoP' : 'Bearer')
