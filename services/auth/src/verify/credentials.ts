import type { Context } from '../context.ts'
import { type AccessTokenClaims, type AccessTokenReading, createAccessTokenReader } from '../keys/access-token.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { isAdmitted } from '../oauth/admission.ts'
import type { Identity } from '../oauth/identity.ts'
import { ACCESS_TOKEN_LEEWAY_SECONDS, VERIFY_CACHE_SECONDS } from '../oauth/lifetimes.ts'
import type { Resource } from '../oauth/resource.ts'
import { parseScope } from '../oauth/scope.ts'
import type { Admission } from './admission.ts'
import { createBatch } from './batch.ts'
import { readAuthorization } from './bearer.ts'
import { createGrantReader } from './grant-reader.ts'
import { createTokenCache } from './token-cache.ts'

/** A token that holds: signed by us, in time, its grant alive when we last looked. */
export interface Credential {
  readonly claims: AccessTokenClaims
  readonly grantId: string
  readonly identity: Identity
  readonly scopes: readonly string[]
  /** ALLOWED_USERS still has the person. */
  readonly isAdmitted: boolean
  /** The keys that were published when its signature was checked. */
  readonly signingKeys: readonly SigningKey[]
  /** What it means at each server, as it was worked out. */
  readonly admissions: Map<Resource, Admission>
  /** Milliseconds; after it the grant must be looked at again. */
  freshUntilMs: number
}

/** A token that does not hold. The description goes to the client. */
export interface Denial {
  readonly reason: string
  readonly description: string
}

export interface CredentialReader {
  /** What is known about an Authorization header without waiting. @param key - SHA-256 of the header */
  known(key: string): Credential | Denial | undefined
  /** Reads it: signature, claims, grant. Equal ones at the same time share the work. @throws StoreUnavailableError, OAuthError when overloaded */
  find(key: string, authorization: string): Promise<Credential | Denial>
  readonly size: number
}

/** About 50 MB when full of tokens that were used at one server each. */
const CACHE_ENTRIES = 50_000
/** Denials have a place of their own: whoever sends garbage must not push out what is good. */
const DENIAL_ENTRIES = 5_000
/** Signatures checked before other work has its turn: some 3 ms. */
const SIGNATURES_PER_TURN = 32
/** Some 100 ms of signatures; Traefik's clients behind it wait no longer gladly. */
const SIGNATURES_WAITING = 1_000

/**
 * Tells what an Authorization header is worth. A grant is confirmed with the store at least every VERIFY_CACHE_SECONDS and its
 * tokens are dropped at once when a revocation is announced; when announcements may have been lost, all are.
 */
export function createCredentialReader({
  config,
  stores,
  keys,
  clock,
}: Pick<Context, 'config' | 'stores' | 'keys' | 'clock'>): CredentialReader {
  const cache = createTokenCache<Credential>(CACHE_ENTRIES)
  const denials = createTokenCache<Denial & { readonly grantId: string; readonly untilMs: number }>(DENIAL_ENTRIES)
  const finding = new Map<string, Promise<Credential | Denial>>()
  const readToken = createAccessTokenReader(keys, config.PUBLIC_URL, clock)
  const signatures = createBatch<string, AccessTokenReading>(readToken, {
    perTurn: SIGNATURES_PER_TURN,
    limit: SIGNATURES_WAITING,
  })
  const grants = createGrantReader(stores, {
    onEnded: (grantId) => cache.dropGrant(grantId),
    onDoubt: () => cache.clear(),
  })

  const claimsOf = async (authorization: string): Promise<AccessTokenClaims | Denial> => {
    const read = readAuthorization(authorization)
    if (read.kind === 'none') return { reason: 'no_credentials', description: '' }
    if (read.kind === 'malformed') return deny('malformed')
    let reading = await signatures.run(read.token)
    if (reading.outcome === 'unknown_key') {
      await keys.refreshForUnknownKey()
      reading = await signatures.run(read.token)
    }
    return reading.outcome === 'valid' ? reading.claims : deny(reading.outcome)
  }

  const read = async (key: string, authorization: string): Promise<Credential | Denial> => {
    const known = cache.get(key)
    // A key that is withdrawn takes its tokens with it, those that are known included: their signatures are looked at again.
    const stale = known?.signingKeys === keys.published() ? known : undefined
    const claims = stale?.claims ?? (await claimsOf(authorization))
    if ('reason' in claims) return remember(key, claims)
    const signingKeys = keys.published()
    if (clock() >= expiresAtMs(claims)) return remember(key, deny('expired'))
    return grants.read(claims.grant_id, ({ active, mayBeKept }) => {
      if (!active) return remember(key, deny('grant_gone'))
      const credential = stale ?? newCredential(claims, active.grant.identity, signingKeys)
      credential.freshUntilMs = Math.min(clock() + VERIFY_CACHE_SECONDS * 1000, expiresAtMs(claims), active.expiresAt * 1000)
      if (mayBeKept) cache.set(key, credential.grantId, credential)
      return credential
    })
  }

  const newCredential = (claims: AccessTokenClaims, identity: Identity, signingKeys: Credential['signingKeys']): Credential => ({
    claims,
    grantId: claims.grant_id,
    identity,
    scopes: parseScope(claims.scope),
    isAdmitted: isAdmitted(config.ALLOWED_USERS, identity),
    signingKeys,
    admissions: new Map(),
    freshUntilMs: 0,
  })

  const remember = (key: string, denial: Denial): Denial => {
    cache.delete(key)
    if (denial.reason !== 'unknown_key') {
      denials.set(key, '', { ...denial, grantId: '', untilMs: clock() + VERIFY_CACHE_SECONDS * 1000 })
    }
    return denial
  }

  return {
    known: (key) => {
      const credential = cache.get(key)
      const now = clock()
      if (credential !== undefined) return isFresh(credential.freshUntilMs - now) ? credential : undefined
      const denial = denials.get(key)
      return denial !== undefined && isFresh(denial.untilMs - now) ? denial : undefined
    },
    find: (key, authorization) => {
      const running = finding.get(key)
      if (running) return running
      const found = read(key, authorization).finally(() => finding.delete(key))
      finding.set(key, found)
      return found
    },
    get size() {
      return cache.size
    },
  }
}

/** Above the whole, the clock was set back. */
const isFresh = (leftMs: number): boolean => leftMs > 0 && leftMs <= VERIFY_CACHE_SECONDS * 1000

const expiresAtMs = (claims: AccessTokenClaims): number => (claims.exp + ACCESS_TOKEN_LEEWAY_SECONDS) * 1000

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  expired: 'the access token has expired',
  grant_gone: 'the access token was revoked',
}

const deny = (reason: string): Denial => ({
  reason,
  description: DESCRIPTIONS[reason] ?? 'the access token is malformed or was not issued here',
})
