import { script } from '../backend.ts'

/**
 * Spends a grant's code and starts its refresh chain. Of any number of callers with a live code one gets `redeemed`, all
 * later ones `replayed` until the code's original expiry. Refuses with `unindexed` and the grant, changing nothing, when
 * the indexes do not hold the grant for as long as it would live.
 */
export const REDEEM_CODE = script(`
local now, code_hash, refresh_hash = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local expires_at, indexed_until = tonumber(ARGV[4]), tonumber(ARGV[5])
local grant = redis.call('HMGET', KEYS[1],
  'codeHash', 'codeExpiresAtMs', 'refreshHash', 'expiresAtMs', 'indexedUntilMs', 'grant')
if grant[1] ~= code_hash or tonumber(grant[2]) <= now or tonumber(grant[4]) <= now then return {'unknown'} end
if grant[3] then return {'replayed'} end
indexed_until = math.max(indexed_until, tonumber(grant[5]))
if indexed_until < expires_at then return {'unindexed', grant[6]} end
redis.call('HSET', KEYS[1], 'refreshHash', refresh_hash, 'lastUsedAtMs', ARGV[1], 'expiresAtMs', ARGV[4],
  'indexedUntilMs', string.format('%.0f', indexed_until))
if ARGV[6] ~= '' then redis.call('HSETNX', KEYS[1], 'jkt', ARGV[6]) end
redis.call('PEXPIRE', KEYS[1], expires_at - now)
return {'redeemed'}
`)
