import { type Clock, nowSeconds } from '../oauth/clock.ts'
import type { Grant } from '../oauth/grant.ts'
import { ACCESS_TOKEN_LEEWAY_SECONDS } from '../oauth/lifetimes.ts'
import { randomSecret } from '../oauth/secret.ts'
import { headerSegment, isSignedBy, signJwt } from './jwt.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

/** Claims of an access token (RFC 9068 §2.2), with the grant that must be alive for it to be worth anything. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  /** The resource's URL: one server's, or the root's. */
  readonly aud: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly scope: string
  readonly grant_id: string
  /** The key that must prove itself with the token (RFC 9449 §6.1); absent = whoever bears it may use it. */
  readonly cnf?: { readonly jkt: string }
  /** Who acts for `sub` (RFC 8693 §4.1). */
  readonly act?: Actor
}

/** An agent that acts for a person, and, behind it, the one it acted through. */
export interface Actor {
  readonly sub: string
  readonly client_id?: string
  readonly act?: Actor
}

/** 128 bits. */
const JTI_BYTES = 16

/** Longer ones are refused before anything is computed (JWT-09); ours are some 600 characters. */
export const ACCESS_TOKEN_MAX_LENGTH = 8192

/** Mints an access token for a grant, or for a part of it. */
export function mintAccessToken(
  key: SigningKey,
  issuer: string,
  token: {
    readonly grant: Grant
    readonly audience: string
    readonly scopes: readonly string[]
    readonly issuedAt: number
    readonly expiresAt: number
    /** Whose token it is; absent = the grant's client. */
    readonly clientId?: string | undefined
    readonly jkt?: string | undefined
    readonly act?: Actor | undefined
  },
): string {
  const claims: AccessTokenClaims = {
    iss: issuer,
    sub: token.grant.identity.subject,
    aud: token.audience,
    client_id: token.clientId ?? token.grant.clientId,
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: randomSecret(JTI_BYTES),
    scope: token.scopes.join(' '),
    grant_id: token.grant.id,
    ...(token.jkt === undefined ? {} : { cnf: { jkt: token.jkt } }),
    ...(token.act === undefined ? {} : { act: token.act }),
  }
  return signJwt(key, 'at+jwt', { ...claims })
}

export type AccessTokenReading =
  /** Signed by us, for us, within its time. Whether its grant lives, and where it is good for, has not been checked. */
  | { readonly outcome: 'valid'; readonly claims: AccessTokenClaims }
  /** It has the form of a token of ours, by a key that we do not know (yet). */
  | { readonly outcome: 'unknown_key' }
  | { readonly outcome: 'malformed' | 'bad_signature' | 'wrong_claims' | 'expired' }

/**
 * Reads our own access tokens. Every token we issue has one of a few exact headers, so the header is looked up byte for
 * byte and never interpreted: no `alg`, `kid`, `typ`, `crit` or `jwk` of a stranger's choice has any say (RFC 8725 §3.1).
 * Synchronous; the signature costs some 90 µs. @throws StoreUnavailableError until the keys were read
 */
export function createAccessTokenReader(keys: SigningKeys, issuer: string, clock: Clock): (token: string) => AccessTokenReading {
  let published: readonly SigningKey[] = []
  let byHeader = new Map<string, SigningKey>()

  return (token) => {
    if (token.length > ACCESS_TOKEN_MAX_LENGTH) return { outcome: 'malformed' }
    if (published !== keys.published()) {
      published = keys.published()
      byHeader = new Map(published.map((key) => [headerSegment(key, 'at+jwt'), key]))
    }
    const first = token.indexOf('.')
    const last = token.lastIndexOf('.')
    if (first < 0 || first === last || token.indexOf('.', first + 1) !== last) return { outcome: 'malformed' }
    const header = token.slice(0, first)
    const key = byHeader.get(header)
    if (!key) return { outcome: hasFormOfOurs(header) ? 'unknown_key' : 'malformed' }
    if (!isSignedBy(key, token.slice(0, last), token.slice(last + 1))) return { outcome: 'bad_signature' }
    return checkClaims(token.slice(first + 1, last), issuer, nowSeconds(clock))
  }
}

/** As headerSegment() makes it, with a key id of its length. */
const OUR_HEADER = /^\{"alg":"ES256","typ":"at\+jwt","kid":"[A-Za-z0-9_-]{43}"\}$/
const OUR_HEADER_LENGTH = Buffer.from(`{"alg":"ES256","typ":"at+jwt","kid":"${'k'.repeat(43)}"}`).toString('base64url').length

const hasFormOfOurs = (header: string): boolean =>
  header.length === OUR_HEADER_LENGTH && OUR_HEADER.test(Buffer.from(header, 'base64url').toString('latin1'))

function checkClaims(payload: string, issuer: string, now: number): AccessTokenReading {
  let claims: Partial<Record<keyof AccessTokenClaims | 'nbf', unknown>>
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as typeof claims
  } catch {
    return { outcome: 'wrong_claims' }
  }
  const { iss, sub, aud, client_id, iat, exp, jti, scope, grant_id, nbf, cnf, act } = claims ?? {}
  if (
    iss !== issuer ||
    typeof sub !== 'string' ||
    typeof aud !== 'string' ||
    typeof client_id !== 'string' ||
    typeof jti !== 'string' ||
    typeof scope !== 'string' ||
    typeof grant_id !== 'string' ||
    !isConfirmation(cnf) ||
    !Number.isSafeInteger(iat) ||
    !Number.isSafeInteger(exp) ||
    (nbf !== undefined && !Number.isSafeInteger(nbf)) ||
    Math.max(Number(iat), Number(nbf ?? 0)) > now + ACCESS_TOKEN_LEEWAY_SECONDS
  ) {
    return { outcome: 'wrong_claims' }
  }
  if (now >= Number(exp) + ACCESS_TOKEN_LEEWAY_SECONDS) return { outcome: 'expired' }
  return {
    outcome: 'valid',
    claims: {
      ...{ iss: issuer, sub, aud, client_id, iat: Number(iat), exp: Number(exp), jti, scope, grant_id },
      ...(cnf === undefined ? {} : { cnf }),
      // Of our own making, as everything signed here; nobody decides by it.
      ...(act === undefined ? {} : { act: act as Actor }),
    },
  }
}

/** A binding that cannot be read must never pass for none. */
const isConfirmation = (cnf: unknown): cnf is { readonly jkt: string } | undefined =>
  cnf === undefined || typeof (cnf as { jkt?: unknown } | null)?.jkt === 'string'
