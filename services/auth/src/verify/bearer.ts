import { ACCESS_TOKEN_MAX_LENGTH } from '../keys/access-token.ts'

/** Longer headers are refused before anything is computed from them (JWT-09). */
export const AUTHORIZATION_MAX_LENGTH = ACCESS_TOKEN_MAX_LENGTH + 'Bearer '.length

/** RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). Two headers arrive joined by a comma, which is none of these characters. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

export type Credentials =
  | { readonly kind: 'bearer'; readonly token: string }
  /** Another scheme: to us, no credentials. */
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }

export function readAuthorization(authorization: string): Credentials {
  if (authorization.length > AUTHORIZATION_MAX_LENGTH) return { kind: 'malformed' }
  const token = BEARER.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'bearer', token }
  return { kind: /^bearer\b/i.test(authorization) || authorization.includes(',') ? 'malformed' : 'none' }
}
