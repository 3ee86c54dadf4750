import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import { type AssertionKeys, KeysUnavailableError } from './assertion-keys.ts'
import { createIdentity, type Identity } from './identity.ts'
import { TwoGenerationMap } from './two-generation-map.ts'

export const ASSERTION_TYPE = 'gatehouse-assertion+jwt'

/** The gateway makes them for one request; a longer life is not an assertion of ours. */
const MAX_LIFE_SECONDS = 60
/** Clocks of two machines; for `iat` only, an end is an end. */
const CLOCK_SKEW_SECONDS = 5
/** A few hundred bytes of claims; more is no assertion, and is not worth a hash. */
const MAX_ASSERTION_BYTES = 16 * 1024
const CACHED_ASSERTIONS = 2_000

const names = z.array(z.string()).default([])
const claims = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string(),
  grant_id: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1),
  login: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  provider: z.string().default(''),
  groups: names,
  organizations: names,
  teams: names,
})

/** Why an assertion is not believed. For the log; the caller learns nothing. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
  readonly reason: string
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause })
    this.reason = reason
  }
}

/**
 * Tells who calls, from `x-auth-assertion` alone.
 * @returns at once for an assertion seen before
 * @throws AssertionError, KeysUnavailableError - also as rejections
 */
export type VerifyAssertion = (assertion: string | undefined, resource: string) => Identity | Promise<Identity>

export interface VerifyAssertionOptions {
  readonly issuer: string
  readonly keys: AssertionKeys
  readonly clock: () => number
}

export function createVerifyAssertion({ issuer, keys, clock }: VerifyAssertionOptions): VerifyAssertion {
  // By the signature, which is short; hashing all of an assertion costs more than all else that is done with it here.
  const verified = new TwoGenerationMap<string, { readonly assertion: string; readonly identity: Identity }>(CACHED_ASSERTIONS)

  const verify = async (assertion: string, resource: string): Promise<Identity> => {
    const { payload } = await jwtVerify(
      assertion,
      async ({ kid }) => {
        if (kid === undefined) throw new AssertionError('no_kid')
        const key = await findKey(keys, kid)
        if (key === undefined) throw new AssertionError('unknown_kid')
        return key
      },
      {
        algorithms: ['ES256'],
        typ: ASSERTION_TYPE,
        issuer,
        audience: resource,
        currentDate: new Date(clock()),
        requiredClaims: ['sub', 'client_id', 'scope', 'grant_id', 'iat', 'exp', 'jti'],
      },
    )
    // One audience: an assertion for several would be one that others could use too.
    if (payload.aud !== resource) throw new AssertionError('audience')
    const read = claims.safeParse(payload)
    if (!read.success) throw new AssertionError('claims')
    const { sub, client_id, scope, iat, exp, provider, login, email, groups, organizations, teams } = read.data
    if (exp - iat > MAX_LIFE_SECONDS) throw new AssertionError('lives_too_long')
    if (iat > clock() / 1000 + CLOCK_SKEW_SECONDS) throw new AssertionError('from_the_future')
    return createIdentity({
      sub,
      clientId: client_id,
      scopes: scope.split(' ').filter((part) => part !== ''),
      expiresAt: exp * 1000,
      resource,
      person: { provider, login, email, groups, organizations, teams },
    })
  }

  return (assertion, resource) => {
    if (assertion === undefined || assertion === '') throw new AssertionError('missing')
    if (assertion.length > MAX_ASSERTION_BYTES) throw new AssertionError('too_long')
    const cached = verified.get(signatureOf(assertion))
    if (cached?.assertion === assertion) {
      const known = cached.identity
      if (known.expiresAt <= clock()) throw new AssertionError('expired')
      if (known.resource !== resource) throw new AssertionError('audience')
      return known
    }
    return verify(assertion, resource).then(
      (identity) => {
        verified.set(signatureOf(assertion), { assertion, identity })
        return identity
      },
      (error: unknown) => {
        if (error instanceof AssertionError || error instanceof KeysUnavailableError) throw error
        throw new AssertionError(reasonOf(error), error)
      },
    )
  }
}

/** ES256 signatures have 64 bytes; a part of one is enough to look up by. */
const signatureOf = (assertion: string): string => assertion.slice(-43)

/** Whatever keeps the keys away is not the caller's fault. */
async function findKey(keys: AssertionKeys, kid: string): ReturnType<AssertionKeys['find']> {
  try {
    return await keys.find(kid)
  } catch (error) {
    throw error instanceof KeysUnavailableError ? error : new KeysUnavailableError('the keys do not answer', { cause: error })
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `claim_${error.claim}`
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JOSEError) return 'malformed'
  return 'error'
}
