import type { Context } from '../context.ts'
import { type AccessTokenClaims, type AccessTokenReading, createAccessTokenReader } from '../keys/access-token.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { ACCESS_TOKEN_LEEWAY_SECONDS } from '../oauth/lifetimes.ts'
import { personalTokenEnd, readPersonalToken } from '../oauth/personal-token.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import type { ActiveGrant } from '../store/grant-store.ts'
import { readAuthorization, type Scheme } from './authorization.ts'
import { createBatch } from './batch.ts'
import { BOUND_TOKEN_AS_BEARER, type Denial, deny, NO_CREDENTIALS } from './denial.ts'

/** What an Authorization header shows, its grant not looked at yet. */
export interface PresentedToken {
  readonly scheme: Scheme
  readonly grantId: string
  /** Of an access token; a personal one has its claims in its grant. */
  readonly claims: AccessTokenClaims | undefined
  readonly personalTokenHash: string | undefined
  readonly binding: Binding | undefined
  /** The keys that were published when its signature was checked. */
  readonly signingKeys: readonly SigningKey[]
}

/** The key that must prove itself with every request (RFC 9449 §7). */
export interface Binding {
  readonly jkt: string
  /** SHA-256 of the token, base64url, for the proof's `ath`. */
  readonly ath: string
}

/** Signatures checked before other work has its turn: some 3 ms. */
export const SIGNATURES_PER_TURN = 32
/** Some 100 ms of signatures; Traefik's clients behind it wait no longer gladly. */
export const SIGNATURES_WAITING = 1_000

/** @returns a reader that throws StoreUnavailableError, and OAuthError when overloaded */
export function createTokenReader({
  config,
  keys,
  clock,
}: Pick<Context, 'config' | 'keys' | 'clock'>): (authorization: string) => Promise<PresentedToken | Denial> {
  const signatures = createBatch<string, AccessTokenReading>(createAccessTokenReader(keys, config.PUBLIC_URL, clock), {
    perTurn: SIGNATURES_PER_TURN,
    limit: SIGNATURES_WAITING,
  })

  return async (authorization) => {
    const read = readAuthorization(authorization)
    if (read.kind === 'none') return NO_CREDENTIALS
    if (read.kind === 'malformed') return deny('malformed', read.scheme)
    const { scheme, token } = read
    const personal = readPersonalToken(token)
    if (personal) {
      if (config.PERSONAL_TOKEN_MAX_DAYS === 0) return deny('personal_tokens_off', scheme)
      if (scheme === 'DPoP') return deny('token_not_bound', scheme)
      const { grantId, tokenHash: personalTokenHash } = personal
      return { scheme, grantId, claims: undefined, personalTokenHash, binding: undefined, signingKeys: keys.published() }
    }
    let reading = await signatures.run(token)
    if (reading.outcome === 'unknown_key') {
      await keys.refreshForUnknownKey()
      reading = await signatures.run(token)
    }
    if (reading.outcome !== 'valid') return deny(reading.outcome, scheme)
    const { claims } = reading
    const { grant_id: grantId, cnf } = claims
    if (scheme === 'Bearer' && cnf) return deny(BOUND_TOKEN_AS_BEARER, scheme)
    if (scheme === 'DPoP' && !cnf) return deny('token_not_bound', scheme)
    const binding = cnf && { jkt: cnf.jkt, ath: sha256(token) }
    return { scheme, grantId, claims, personalTokenHash: undefined, binding, signingKeys: keys.published() }
  }
}

/** Unix milliseconds. A personal token ends with its grant. */
export const endOf = ({ claims }: PresentedToken): number =>
  claims ? (claims.exp + ACCESS_TOKEN_LEEWAY_SECONDS) * 1000 : Number.POSITIVE_INFINITY

/** What a token says, now that its grant is known to live, or why it says nothing. */
export function claimsWith(
  token: PresentedToken,
  active: ActiveGrant,
  { PUBLIC_URL: issuer, PERSONAL_TOKEN_MAX_DAYS: maxDays }: Pick<Context['config'], 'PUBLIC_URL' | 'PERSONAL_TOKEN_MAX_DAYS'>,
): AccessTokenClaims | Denial {
  const { claims, personalTokenHash, scheme } = token
  if (claims) return active.revokedTokens.includes(claims.jti) ? deny('token_revoked', scheme) : claims
  const { grant } = active
  const known = grant.personalToken?.tokenHash
  if (known === undefined || personalTokenHash === undefined || !equalDigests(known, personalTokenHash)) {
    return unknownPersonalToken(scheme)
  }
  return {
    iss: issuer,
    sub: grant.identity.subject,
    aud: grant.resource,
    client_id: grant.clientId,
    iat: grant.createdAt,
    exp: personalTokenEnd(grant.createdAt, active.expiresAt, maxDays),
    jti: grant.id,
    scope: grant.scopes.join(' '),
    grant_id: grant.id,
  }
}

/** Why a token whose grant does not live does not hold. */
export const goneWith = ({ claims, scheme }: PresentedToken): Denial =>
  claims ? deny('grant_gone', scheme) : unknownPersonalToken(scheme)

const unknownPersonalToken = (scheme: Scheme): Denial => deny('personal_token_unknown', scheme)
