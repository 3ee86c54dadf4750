import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../context.ts'
import type { AccessTokenClaims } from '../keys/access-token.ts'
import { isAdmitted, mayHold } from '../oauth/admission.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { VERIFY_CACHE_SECONDS } from '../oauth/lifetimes.ts'
import type { Resource } from '../oauth/resource.ts'
import { parseScope } from '../oauth/scope.ts'
import type { Admission } from './admission.ts'
import { type Denial, deny } from './denial.ts'
import { createGrantReader } from './grant-reader.ts'
import { createUseNotes } from './last-use.ts'
import { type Binding, claimsWith, createTokenReader, endOf, goneWith, type PresentedToken } from './presented-token.ts'
import { createTokenCache } from './token-cache.ts'

/** A token that holds: made by us, in time, its grant alive when we last looked. */
export interface Credential {
  readonly token: PresentedToken
  readonly claims: AccessTokenClaims
  readonly grantId: string
  /** Its key must prove itself with every request; undefined = whoever bears the token may use it. */
  readonly binding: Binding | undefined
  readonly identity: Identity
  readonly scopes: readonly string[]
  /** ALLOWED_USERS still has the person; the operator still lists the program, or the agent. */
  readonly isAdmitted: boolean
  /** What it means at each server, as it was worked out. */
  readonly admissions: Map<Resource, Admission>
  /** Milliseconds; after it the grant must be looked at again. */
  freshUntilMs: number
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
/**
 * Tells what an Authorization header is worth. A grant is confirmed with the store at least every VERIFY_CACHE_SECONDS and its
 * tokens are dropped at once when a revocation is announced; when announcements may have been lost, all are.
 */
export function createCredentialReader(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'clock'>,
): CredentialReader {
  const { config, stores, keys, clients, clock } = context
  const cache = createTokenCache<Credential>(CACHE_ENTRIES)
  const denials = createTokenCache<Denial & { readonly grantId: string; readonly untilMs: number }>(DENIAL_ENTRIES)
  const finding = new Map<string, Promise<Credential | Denial>>()
  const readToken = createTokenReader(context)
  const noteUse = createUseNotes(stores.grants, clock)
  const grants = createGrantReader(stores, {
    onRevoked: (grantId) => cache.dropGrant(grantId),
    onDoubt: () => cache.clear(),
  })

  const read = async (key: string, authorization: string): Promise<Credential | Denial> => {
    const known = cache.get(key)
    // A key that is withdrawn takes its tokens with it, those that are known included: their signatures are looked at again.
    const stale = known?.token.signingKeys === keys.published() ? known : undefined
    const token = stale?.token ?? (await readToken(authorization))
    if ('reason' in token) return remember(key, token)
    if (clock() >= endOf(token)) return remember(key, deny('expired', token.scheme))
    return grants.read(token.grantId, ({ active, mayBeKept }) => {
      if (!active) return remember(key, goneWith(token))
      const claims = claimsWith(token, active, config)
      if ('reason' in claims) return remember(key, claims)
      // Of a personal token, whose end is not its own to say.
      const endsAt = token.claims ? active.expiresAt : claims.exp
      if (clock() >= endsAt * 1000) return remember(key, goneWith(token))
      noteUse(active)
      const credential = stale ?? newCredential(token, claims, active.grant)
      credential.freshUntilMs = Math.min(clock() + VERIFY_CACHE_SECONDS * 1000, endOf(token), endsAt * 1000)
      if (mayBeKept) cache.set(key, credential.grantId, credential)
      return credential
    })
  }

  const newCredential = (token: PresentedToken, claims: AccessTokenClaims, grant: Grant): Credential => {
    const credential: Credential = {
      token,
      claims,
      grantId: token.grantId,
      binding: token.binding,
      identity: grant.identity,
      scopes: parseScope(claims.scope),
      isAdmitted:
        isAdmitted(config.ALLOWED_USERS, grant.identity, clients.isMachine) && mayHold(claims.client_id, grant, clients.isAgent),
      admissions: new Map(),
      freshUntilMs: 0,
    }
    const other = cache.ofGrant(token.grantId)
    return other === undefined || !saysTheSame(credential, other) ? credential : withShared(credential, other)
  }

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

/** Both tokens mean the same everywhere. What they do not share, their times, ids and bindings, has no part in that. */
function saysTheSame(credential: Credential, other: Credential): boolean {
  const [one, two] = [credential.claims, other.claims]
  return (
    // An assertion that a withdrawn key signed is not taken over.
    credential.token.signingKeys === other.token.signingKeys &&
    one.aud === two.aud &&
    one.client_id === two.client_id &&
    one.scope === two.scope &&
    one.act === undefined &&
    two.act === undefined &&
    credential.isAdmitted === other.isAdmitted &&
    isDeepStrictEqual(credential.identity, other.identity)
  )
}

/**
 * Keeps once what two tokens of a grant have in common, so that a further one takes one kilobyte instead of two, and what
 * was worked out from it, the signed assertion above all.
 */
function withShared(credential: Credential, { claims, identity, scopes, admissions }: Credential): Credential {
  const { sub, aud, client_id, scope, grant_id } = claims
  const own = { ...credential.claims, sub, aud, client_id, scope, grant_id }
  const token = { ...credential.token, grantId: grant_id, claims: credential.token.claims && own }
  return { ...credential, token, claims: own, grantId: grant_id, identity, scopes, admissions }
}
