import type { CodeBinding, Grant } from '../oauth/grant.ts'
import type { ActiveGrant, CodeLookup } from './grant-store.ts'

/** Bound of a grant's memory: more rotations than this within one grace are a fault, not a race. */
export const PREDECESSORS_LIMIT = 16

/** More access tokens of one grant than this are not revoked one by one. */
export const REVOKED_TOKENS_LIMIT = 64

/** A refresh token that was rotated. */
export interface Predecessor {
  readonly hash: string
  /** Its successor, to be opened with the token itself. */
  readonly sealed: string
  /** Unix milliseconds. */
  readonly rotatedAtMs: number
}

/** A grant as both adapters keep it: one record from the code to the last refresh token. */
export interface GrantRecord {
  readonly grant: Grant
  /** Absent for grants that never had a code. */
  readonly code: CodeBinding | undefined
  /** Absent while the grant waits for its code to be redeemed. */
  readonly refreshHash: string | undefined
  /** Unix milliseconds; of the code while pending, of the refresh chain afterwards. */
  readonly expiresAtMs: number
  /** Unix milliseconds. */
  readonly lastUsedAtMs: number
  /** Oldest first. */
  readonly predecessors: readonly Predecessor[]
  /** Unix milliseconds until which it matters, by the `jti` of a revoked access token. */
  readonly revokedTokens: Readonly<Record<string, number>>
}

const UNKNOWN: CodeLookup = { outcome: 'unknown' }

/** What a presented code is worth. A spent one is told apart only until its original expiry. */
export function lookUpCode(record: GrantRecord | undefined, codeHash: string, nowMs: number): CodeLookup {
  if (!record?.code || record.expiresAtMs <= nowMs) return UNKNOWN
  if (record.code.codeHash !== codeHash || record.code.expiresAt * 1000 <= nowMs) return UNKNOWN
  return { outcome: record.refreshHash ? 'spent' : 'live', grant: record.grant, code: record.code }
}

export const isAlive = (record: Pick<GrantRecord, 'refreshHash' | 'expiresAtMs'>, nowMs: number): boolean =>
  record.refreshHash !== undefined && record.expiresAtMs > nowMs

/** What a live grant's record shows of itself. */
type LivePart = Pick<GrantRecord, 'grant' | 'refreshHash' | 'expiresAtMs' | 'lastUsedAtMs' | 'revokedTokens'>

export const toActive = (record: LivePart): ActiveGrant => ({
  grant: record.grant,
  expiresAt: Math.floor(record.expiresAtMs / 1000),
  lastUsedAt: Math.floor(record.lastUsedAtMs / 1000),
  refreshHash: record.refreshHash,
  revokedTokens: Object.keys(record.revokedTokens),
})

export const newestFirst = (a: ActiveGrant, b: ActiveGrant): number => b.grant.createdAt - a.grant.createdAt
