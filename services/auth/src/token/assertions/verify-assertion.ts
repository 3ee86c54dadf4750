import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { TrustedIssuer, TrustedIssuers } from '../../clients/trusted-issuers.ts'
import { FetchFault } from '../../fetch/fetch-fault.ts'
import type { KeySets } from '../../fetch/key-sets.ts'
import type { Clock } from '../../oauth/clock.ts'
import { OAuthError } from '../../oauth/error.ts'
import { FOREIGN_CLOCK_SKEW_SECONDS } from '../../oauth/lifetimes.ts'

/** Longer ones are refused before anything is computed. Kubernetes' are some 1,500 characters, those with many groups 8,000. */
const ASSERTION_MAX_LENGTH = 16_384
/** An assertion that is good for longer is a password. Kubernetes' and most platforms' live for an hour. */
const ASSERTION_MAX_LIFE_SECONDS = 86_400
/** Keys are fetched anew when they are asked for again. */
const KEYS_RETRY_AFTER_SECONDS = '5'
/** Never `none`, never a shared secret (RFC 8725 §3.2). */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']

/** Who is trusted, by which keys, and what time it is. */
export interface AssertionTrust {
  readonly issuers: Pick<TrustedIssuers, 'find'>
  readonly keySets: KeySets
  readonly clock: Clock
}

/** What is certain of an assertion: who signed it, and that it is in time. */
export interface VerifiedAssertion {
  readonly issuer: TrustedIssuer
  readonly claims: JWTPayload & { readonly iss: string; readonly sub: string; readonly exp: number }
}

/**
 * What kind of JWT it says it is, before anything is certain: its `typ` in lower case, without `application/` (RFC 7515 §4.1.9).
 * undefined when it is no JWT or has none.
 */
export function typeOfAssertion(assertion: string): string | undefined {
  try {
    const { typ } = decodeProtectedHeader(assertion)
    return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  } catch {
    return undefined
  }
}

/**
 * The rules that all assertions share (RFC 7523 §3): a trusted issuer, its signature by an asymmetric key, `sub`, `exp` not past
 * and not far, `nbf` and `iat` not ahead. Audience and everything else is for the caller. Until the signature is certain every
 * refusal reads the same, so that nobody learns who is trusted here; nothing is fetched for an issuer who is not.
 * @throws OAuthError `invalid_grant`; `temporarily_unavailable` when the issuer's keys cannot be had
 */
export async function verifyAssertion(
  assertion: string,
  { issuers, keySets, clock }: AssertionTrust,
): Promise<VerifiedAssertion> {
  if (assertion.length > ASSERTION_MAX_LENGTH) throw refuseAssertion('assertion_malformed')
  const issuer = issuers.find(issuerOf(assertion) ?? '')
  if (!issuer) throw refuseAssertion('assertion_issuer_unknown')
  const now = clock()
  try {
    const { payload } = await jwtVerify(assertion, keySets.of({ jwksUri: issuer.jwksUri, trusted: true }), {
      issuer: issuer.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['iss', 'sub', 'aud', 'exp'],
      clockTolerance: FOREIGN_CLOCK_SKEW_SECONDS,
      currentDate: new Date(now),
    })
    const claims = payload as VerifiedAssertion['claims']
    checkTimes(claims, Math.floor(now / 1000))
    if (typeof claims.sub !== 'string' || claims.sub === '') throw refuseClaim('sub is missing', 'assertion_sub_missing')
    return { issuer, claims }
  } catch (error) {
    throw asRefusal(error)
  }
}

function issuerOf(assertion: string): string | undefined {
  try {
    const { iss } = decodeJwt(assertion)
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

function checkTimes({ exp, iat }: VerifiedAssertion['claims'], now: number): void {
  if (exp > now + ASSERTION_MAX_LIFE_SECONDS + FOREIGN_CLOCK_SKEW_SECONDS) {
    throw refuseClaim('it is good for more than a day', 'assertion_too_long')
  }
  if (iat !== undefined && iat > now + FOREIGN_CLOCK_SKEW_SECONDS)
    throw refuseClaim('it was issued in the future', 'assertion_iat_ahead')
}

/** Claims are looked at after the signature: from there on its owner may know what is wrong. */
function asRefusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refuseClaim('it has expired', 'assertion_expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuseClaim(`its claim ${error.claim} is missing or wrong`, `assertion_claim_${error.claim}`)
  }
  if (error instanceof FetchFault) {
    return new OAuthError('temporarily_unavailable', 'the keys of the issuer cannot be had just now; try again', {
      reason: `issuer_keys_${error.reason}`,
      cause: error,
      headers: { 'retry-after': KEYS_RETRY_AFTER_SECONDS },
    })
  }
  return error instanceof errors.JOSEError ? refuseAssertion('assertion_not_signed_by_issuer') : error
}

/** Of an assertion of which nothing is certain. One text for all (RFC 7521 §4.1.1). */
const refuseAssertion = (reason: string): OAuthError =>
  new OAuthError('invalid_grant', 'the assertion is malformed, or not of an issuer that is trusted here', { reason })

/** Of an assertion whose signature holds. */
export const refuseClaim = (what: string, reason: string): OAuthError =>
  new OAuthError('invalid_grant', `the assertion is not accepted: ${what}`, { reason })
