import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { FetchFault } from '../fetch/fetch-fault.ts'
import type { KeySets } from '../fetch/key-sets.ts'
import { ASSERTION_ALGORITHMS } from '../oauth/assertion-algorithms.ts'
import type { Client } from '../oauth/client.ts'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { FOREIGN_CLOCK_SKEW_SECONDS } from '../oauth/lifetimes.ts'
import { sha256 } from '../oauth/secret.ts'
import type { ExpiringStore } from '../store/expiring-store.ts'

/** RFC 7523 §2.2 `client_assertion_type`. */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** What is advertised, and the newer name of EdDSA with that curve (RFC 9864). Nothing that a public key could forge (RFC 8725 §3.1). */
const ALGORITHMS = [...ASSERTION_ALGORITHMS, 'Ed25519']

/** An assertion is made for one request. */
const ASSERTION_LIFETIME_SECONDS = 300
const ASSERTION_LENGTH = 8_192
const JTI_LENGTH = 255

/** Why an assertion proves nothing; a word for the log. */
export class ClientAssertionFault extends Error {
  override readonly name = 'ClientAssertionFault'
  readonly reason: string

  constructor(reason: string, cause?: unknown) {
    super(`the client assertion was refused: ${reason}`, { cause })
    this.reason = reason
  }
}

export interface ClientAssertionOptions {
  /** PUBLIC_URL. */
  readonly issuer: string
  readonly keySets: KeySets
  readonly expiring: ExpiringStore
  readonly clock: Clock
}

/** Who an assertion says it is from, its signature unchecked; undefined when it is no assertion. */
export function subjectOf(assertion: string): string | undefined {
  if (assertion.length > ASSERTION_LENGTH) return undefined
  try {
    // Unchecked, so of any type.
    const { iss, sub }: Readonly<Record<string, unknown>> = decodeJwt(assertion)
    return typeof sub === 'string' && iss === sub ? sub : undefined
  } catch {
    return undefined
  }
}

/**
 * Checks a JWT by which a client proves itself (RFC 7523 §3, OpenID Connect Core §9): signed by one of its keys, from and about
 * itself, for us alone, short-lived, and never seen before.
 * @throws ClientAssertionFault, and FetchFault when its keys cannot be had right now
 */
export async function checkClientAssertion(assertion: string, client: Client, options: ClientAssertionOptions): Promise<void> {
  const { issuer, keySets, expiring, clock } = options
  const algorithms = ALGORITHMS.filter((alg) => isAlgorithmOf(client, alg))
  const { payload } = await jwtVerify(assertion, keySets.of(keySourceOf(client)), {
    algorithms,
    issuer: client.clientId,
    subject: client.clientId,
    requiredClaims: ['exp', 'aud', 'jti'],
    clockTolerance: FOREIGN_CLOCK_SKEW_SECONDS,
    currentDate: new Date(clock()),
  }).catch((error: unknown) => {
    if (error instanceof FetchFault && error.isUnavailable) throw error
    throw new ClientAssertionFault(reasonOf(error), error)
  })
  if (!isForUs(payload.aud, issuer)) throw new ClientAssertionFault('client_assertion_audience')
  const expiresIn = checkTimes(payload, nowSeconds(clock))
  const jti = checkJti(payload)
  const name = sha256(`${client.clientId}\0${jti}`)
  const isFirst = await expiring.add('replay', `client-assertion:${name}`, '1', expiresIn + FOREIGN_CLOCK_SKEW_SECONDS)
  if (!isFirst) throw new ClientAssertionFault('client_assertion_replayed')
}

const keySourceOf = ({ clientId, jwks, jwksUri, source }: Client) => ({
  ...(jwks === undefined ? {} : { jwks }),
  ...(jwksUri === undefined ? {} : { jwksUri }),
  // The operator wrote it; but where the id is a URL, a stranger's document did.
  trusted: source === 'configured' && !/^https?:/i.test(clientId),
})

/** The one algorithm that a client registered, if it did. */
const isAlgorithmOf = ({ tokenEndpointAuthSigningAlg: own }: Client, alg: string): boolean =>
  own === undefined || own === alg || (own === 'EdDSA' && alg === 'Ed25519') || (own === 'Ed25519' && alg === 'EdDSA')

/**
 * Whether an assertion is for us and nobody else. Our issuer is what newer profiles ask for (FAPI 2.0 §5.3.2.1), the URL of the
 * token endpoint what RFC 7523 §3 suggests and ChatGPT sends, the endpoint's own URL what RFC 9126 §2 adds. An audience beside
 * ours could use the assertion here.
 */
function isForUs(audience: JWTPayload['aud'], issuer: string): boolean {
  const named = [audience ?? []].flat()
  const isOurs = (name: string) => name === issuer || ENDPOINTS.some((endpoint) => name === `${issuer}${endpoint}`)
  return named.length > 0 && named.every(isOurs)
}

/** The endpoints that clients authenticate at. */
const ENDPOINTS = ['/token', '/revoke', '/introspect', '/par', '/device_authorization']

/** @returns seconds until it ends */
function checkTimes({ exp = 0, iat }: JWTPayload, now: number): number {
  if (exp - now > ASSERTION_LIFETIME_SECONDS + FOREIGN_CLOCK_SKEW_SECONDS)
    throw new ClientAssertionFault('client_assertion_lifetime')
  if (iat !== undefined && (typeof iat !== 'number' || iat - now > FOREIGN_CLOCK_SKEW_SECONDS || iat > exp)) {
    throw new ClientAssertionFault('client_assertion_issued_at')
  }
  return Math.max(Math.ceil(exp - now), 0)
}

function checkJti({ jti }: JWTPayload): string {
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_LENGTH) throw new ClientAssertionFault('client_assertion_jti')
  return jti
}

function reasonOf(error: unknown): string {
  if (error instanceof FetchFault) return `client_keys_${error.reason}`
  if (error instanceof errors.JWTExpired) return 'client_assertion_expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `client_assertion_${error.claim}`
  if (error instanceof errors.JWKSNoMatchingKey) return 'client_assertion_key_unknown'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'client_assertion_alg'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'client_assertion_signature'
  return 'client_assertion_unreadable'
}
