import type { Clock } from '../oauth/clock.ts'
import type { CodeBinding, Grant } from '../oauth/grant.ts'
import { CODE_FAILURES_LIMIT } from '../oauth/lifetimes.ts'
import { type GrantRecord, isAlive, lookUpCode, newestFirst, type Predecessor, toActive } from './grant-record.ts'
import type { ActiveGrant, GrantStore, Rotation } from './grant-store.ts'
import { chainFrom } from './predecessors.ts'
import type { RedisBackend } from './redis/backend.ts'
import { createExpiringIndex } from './redis/expiring-index.ts'
import { PREFIXES } from './redis/keys.ts'
import { COUNT_FAILED_REDEMPTION } from './redis/scripts/count-failed-redemption.ts'
import { PUT_HASH } from './redis/scripts/put-hash.ts'
import { REDEEM_CODE } from './redis/scripts/redeem-code.ts'
import { REVOKE_GRANT } from './redis/scripts/revoke-grant.ts'
import { REVOKE_TOKEN } from './redis/scripts/revoke-token.ts'
import { ROTATE_REFRESH_TOKEN } from './redis/scripts/rotate-refresh-token.ts'
import { TOUCH_GRANT } from './redis/scripts/touch-grant.ts'

const keyOf = (grantId: string): string => PREFIXES.grant + grantId

/** Grants as one hash each; every step that reads before it writes is one script on that hash. */
export function createRedisGrantStore(redis: RedisBackend, clock: Clock): GrantStore {
  const index = createExpiringIndex(redis, clock)
  const indexKeysOf = (grant: Grant): string[] => [
    PREFIXES.subjectGrants + grant.identity.subject,
    PREFIXES.clientGrants + grant.clientId,
  ]

  const read = async (grantId: string): Promise<GrantRecord | undefined> =>
    toRecord(await redis.answer((ask) => ask.hgetall(keyOf(grantId))))

  const readAll = async (indexKey: string): Promise<GrantRecord[]> => {
    const records = await Promise.all((await index.members(indexKey)).map(read))
    return records.filter((record) => record !== undefined)
  }

  /** Adds to the indexes for twice the grant's life, so that most rotations need not come back here. */
  const addToIndexes = async (grant: Grant, expiresAtMs: number): Promise<number> => {
    const untilMs = Math.max(expiresAtMs, 2 * expiresAtMs - clock())
    await Promise.all(indexKeysOf(grant).map((key) => index.add(key, grant.id, untilMs)))
    return untilMs
  }

  const put = async (grant: Grant, expiresAt: number, fields: Record<string, string | number>): Promise<void> => {
    const expiresAtMs = expiresAt * 1000
    const indexedUntilMs = await addToIndexes(grant, expiresAtMs)
    const now = clock()
    const record = { grant: JSON.stringify(grant), expiresAtMs, indexedUntilMs, lastUsedAtMs: now, ...fields }
    await redis.run(PUT_HASH, keyOf(grant.id), expiresAtMs - now, ...Object.entries(record).flat())
  }

  /** Takes a step that makes a grant live longer, and takes it again when the indexes had to be told first. */
  const prolong = async (expiresAtMs: number, step: (indexedUntilMs: number) => Promise<unknown>): Promise<string[]> => {
    const reply = (await step(0)) as string[]
    if (reply[0] !== 'unindexed') return reply
    return (await step(await addToIndexes(parse<Grant>(reply[1]), expiresAtMs))) as string[]
  }

  return {
    issueCode: (grant, code) =>
      put(grant, code.expiresAt, {
        code: JSON.stringify(code),
        codeHash: code.codeHash,
        codeExpiresAtMs: code.expiresAt * 1000,
      }),
    create: (grant, refresh) => put(grant, refresh.expiresAt, { refreshHash: refresh.refreshHash }),
    findCode: async (grantId, codeHash) => lookUpCode(await read(grantId), codeHash, clock()),

    countFailedRedemption: async (grantId, codeHash) => {
      await redis.run(COUNT_FAILED_REDEMPTION, keyOf(grantId), clock(), codeHash, CODE_FAILURES_LIMIT)
    },

    redeemCode: async (grantId, codeHash, refresh) => {
      const expiresAtMs = refresh.expiresAt * 1000
      const [outcome] = await prolong(expiresAtMs, (indexedUntilMs) =>
        redis.run(
          REDEEM_CODE,
          keyOf(grantId),
          clock(),
          codeHash,
          refresh.refreshHash,
          expiresAtMs,
          indexedUntilMs,
          refresh.jkt ?? '',
        ),
      )
      return outcome as 'redeemed' | 'replayed' | 'unknown'
    },

    // Asked with every refresh: without the code and the predecessors, which are most of the record.
    find: async (grantId) => {
      const [grant, jkt, refreshHash, expiresAtMs, lastUsedAtMs, revokedTokens] = await redis.answer((ask) =>
        ask.hmget(keyOf(grantId), 'grant', 'jkt', 'refreshHash', 'expiresAtMs', 'lastUsedAtMs', 'revokedTokens'),
      )
      if (!grant || !refreshHash) return undefined
      const record = {
        grant: toGrant(grant, jkt ?? ''),
        refreshHash,
        expiresAtMs: Number(expiresAtMs),
        lastUsedAtMs: Number(lastUsedAtMs),
        revokedTokens: parse<Record<string, number>>(revokedTokens ?? '{}'),
      }
      return isAlive(record, clock()) ? toActive(record) : undefined
    },

    rotate: async (grantId, presentedHash, successor, graceSeconds): Promise<Rotation> => {
      const { refreshHash, sealed, expiresAt, jkt = '' } = successor
      const now = clock()
      const graceMs = graceSeconds * 1000
      const [outcome, grantJson, boundTo, predecessorsJson] = await prolong(expiresAt * 1000, (indexedUntilMs) =>
        redis.run(
          ROTATE_REFRESH_TOKEN,
          keyOf(grantId),
          now,
          presentedHash,
          refreshHash,
          sealed,
          expiresAt * 1000,
          graceMs,
          indexedUntilMs,
          jkt,
        ),
      )
      if (outcome === 'gone') return { outcome }
      const grant = toGrant(grantJson, boundTo)
      if (outcome === 'rotated') return { outcome, grant }
      const sealedChain = chainFrom(parse<Predecessor[]>(predecessorsJson), presentedHash, graceSeconds, now)
      return sealedChain ? { outcome: 'repeated', grant, sealedChain } : { outcome: 'stale', grant }
    },

    revokeToken: async (grantId, jti, until) =>
      (await redis.run(REVOKE_TOKEN, keyOf(grantId), clock(), jti, until * 1000)) as 'revoked' | 'full' | 'gone',

    touch: async (grantId) => {
      await redis.run(TOUCH_GRANT, keyOf(grantId), clock())
    },

    revoke: async (grantId) => {
      const [grantJson] = (await redis.run(REVOKE_GRANT, keyOf(grantId), clock())) as string[]
      if (grantJson === undefined) return false
      const removals = indexKeysOf(parse<Grant>(grantJson)).map((key) => index.remove(key, [grantId]))
      // The grant is gone; a name that stays behind is left out by readers and forgotten in time.
      await Promise.allSettled(removals)
      return true
    },

    listBySubject: async (subject, { withPending = false } = {}) => {
      const records = await readAll(PREFIXES.subjectGrants + subject)
      return records
        .filter((record) => (withPending ? record.expiresAtMs > clock() : isAlive(record, clock())))
        .map(toActive)
        .sort(newestFirst)
    },

    listByClient: async (clientId) => {
      const records = await readAll(PREFIXES.clientGrants + clientId)
      return records
        .filter((record) => record.expiresAtMs > clock())
        .map(toActive)
        .sort(newestFirst)
    },

    list: async () => {
      const keys = await redis.keysUnder(PREFIXES.grant)
      const live: ActiveGrant[] = []
      for (let at = 0; at < keys.length; at += READ_AT_ONCE) {
        const ids = keys.slice(at, at + READ_AT_ONCE).map((key) => key.slice(PREFIXES.grant.length))
        for (const record of await Promise.all(ids.map(read))) {
          if (record && isAlive(record, clock())) live.push(toActive(record))
        }
      }
      return live.sort(newestFirst)
    },
  }
}

/** Of a list; more would wait in Redis for each other. */
const READ_AT_ONCE = 500

const parse = <T>(json: string | undefined): T => JSON.parse(json ?? 'null') as T

/** The key stands apart, because Lua cannot write the JSON back: an empty list would become an object. */
const toGrant = (json: string | undefined, jkt = ''): Grant => ({ ...parse<Grant>(json), ...(jkt === '' ? {} : { jkt }) })

function toRecord(fields: Record<string, string>): GrantRecord | undefined {
  if (fields.grant === undefined) return undefined
  return {
    grant: toGrant(fields.grant, fields.jkt),
    code: fields.code === undefined ? undefined : parse<CodeBinding>(fields.code),
    refreshHash: fields.refreshHash,
    expiresAtMs: Number(fields.expiresAtMs),
    lastUsedAtMs: Number(fields.lastUsedAtMs),
    predecessors: parse<Predecessor[]>(fields.predecessors ?? '[]'),
    revokedTokens: parse<Record<string, number>>(fields.revokedTokens ?? '{}'),
  }
}
