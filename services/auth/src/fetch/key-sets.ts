import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  flattenedVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose'
import type { Clock } from '../oauth/clock.ts'
import { FetchFault, refused } from './fetch-fault.ts'
import type { FetchJson } from './fetch-json.ts'

/** Where somebody's public keys are. */
interface KeySource {
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] }
  /** Of a key set; of a trusted source also of a discovery document that names one (OpenID Connect Discovery 1.0 §3). */
  readonly jwksUri?: string
  /** The operator wrote the address: it may be private. */
  readonly trusted?: boolean
}

export interface KeySets {
  /**
   * The keys of a client or an issuer, as jose asks for them. Of several keys that fit a header without `kid`, the one that
   * the signature is by. Rejects with an error of jose's when no key fits, with FetchFault when the keys cannot be had.
   */
  of(source: KeySource): JWTVerifyGetKey
}

/** How long fetched keys are used without asking again. */
const KEYS_FRESH_MS = 600_000
/** A key that nobody knows makes us ask again, but not more often than this (unknown-kid floods, JWT-12). */
const KEYS_COOLDOWN_MS = 30_000
/** While their host is down, keys are believed this long. */
const KEYS_STALE_MS = 86_400_000
/** Key sets kept; the least recently used one goes. */
const KEY_SETS_LIMIT = 500

type Keys = ReturnType<typeof createLocalJWKSet>

interface Entry {
  keys: Keys | undefined
  fetchedAt: number
  askedAt: number
}

export function createKeySets({ fetchJson, clock }: { readonly fetchJson: FetchJson; readonly clock: Clock }): KeySets {
  // Strangers' addresses, however many, push out none that the operator wrote.
  const fetched = { ofStrangers: new Map<string, Entry>(), ofOperator: new Map<string, Entry>() }
  const local = new WeakMap<object, Keys>()

  function entryOf(uri: string, trusted: boolean): Entry {
    const entries = trusted ? fetched.ofOperator : fetched.ofStrangers
    const entry = entries.get(uri) ?? { keys: undefined, fetchedAt: Number.NEGATIVE_INFINITY, askedAt: Number.NEGATIVE_INFINITY }
    entries.delete(uri)
    entries.set(uri, entry)
    const [oldest] = entries.keys()
    if (entries.size > KEY_SETS_LIMIT && oldest !== undefined) entries.delete(oldest)
    return entry
  }

  async function ask(entry: Entry, uri: string, trusted: boolean): Promise<Keys> {
    entry.askedAt = clock()
    const keys = createLocalJWKSet(await fetchKeys(fetchJson, uri, trusted))
    entry.keys = keys
    entry.fetchedAt = clock()
    return keys
  }

  async function current(entry: Entry, uri: string, trusted: boolean): Promise<Keys> {
    const { keys } = entry
    if (keys && clock() - entry.fetchedAt < KEYS_FRESH_MS) return keys
    const mayStand = keys !== undefined && clock() - entry.fetchedAt < KEYS_STALE_MS
    if (mayStand && clock() - entry.askedAt < KEYS_COOLDOWN_MS) return keys
    return ask(entry, uri, trusted).catch((fault: unknown) => {
      if (mayStand) return keys
      throw fault
    })
  }

  function remote(uri: string, trusted: boolean): JWTVerifyGetKey {
    return async (header, token) => {
      const entry = entryOf(uri, trusted)
      const keys = await current(entry, uri, trusted)
      try {
        return await pick(keys, header, token)
      } catch (error) {
        const isUnknown = error instanceof errors.JWKSNoMatchingKey
        if (!isUnknown || clock() - entry.askedAt < KEYS_COOLDOWN_MS) throw error
        return pick(await ask(entry, uri, trusted), header, token)
      }
    }
  }

  return {
    of: ({ jwks, jwksUri, trusted = false }) => {
      if (jwks === undefined) return jwksUri === undefined ? noKeys : remote(jwksUri, trusted)
      return async (header, token) => {
        const keys = local.get(jwks) ?? createLocalJWKSet(jwks as JSONWebKeySet)
        local.set(jwks, keys)
        return pick(keys, header, token)
      }
    },
  }
}

const noKeys: JWTVerifyGetKey = async () => {
  throw new errors.JWKSNoMatchingKey()
}

/** Where several keys fit, jose hands them all over; only one of them made the signature. */
async function pick(keys: Keys, header: Parameters<JWTVerifyGetKey>[0], token: FlattenedJWSInput): Promise<CryptoKey> {
  try {
    return await keys(header, token)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const isRight = await flattenedVerify(token, key).then(
        () => true,
        () => false,
      )
      if (isRight) return key
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

const DISCOVERY = '/.well-known/openid-configuration'

async function fetchKeys(fetchJson: FetchJson, uri: string, trusted: boolean): Promise<JSONWebKeySet> {
  if (!trusted || !uri.endsWith(DISCOVERY)) return (await fetchJson(uri, { trusted })).json as JSONWebKeySet
  const asked = uri.slice(0, -DISCOVERY.length)
  const { json } = await fetchJson(uri, { trusted }).catch((fault: unknown) => {
    if (fault instanceof FetchFault && fault.reason === 'gone') return fetchJson(metadataUrlOf(asked), { trusted })
    throw fault
  })
  const { issuer, jwks_uri: jwksUri } = json as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
  // Discovery 1.0 §4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix"; a slash at
  // its end is left out where the path is put together (§4.1).
  if ((issuer !== asked && issuer !== `${asked}/`) || typeof jwksUri !== 'string') throw refused('not_json')
  return (await fetchJson(jwksUri, { trusted })).json as JSONWebKeySet
}

/** Where an authorization server without OpenID Connect has its document (RFC 8414 §3.1). */
function metadataUrlOf(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}
