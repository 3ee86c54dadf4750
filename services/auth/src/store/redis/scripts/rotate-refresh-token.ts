import { PREDECESSORS_LIMIT } from '../../grant-record.ts'
import { script } from '../backend.ts'

/**
 * Replaces a live grant's current refresh token. Of any number of callers with the current token one gets `rotated`; every
 * other caller gets `other` with the grant and its predecessors, the winner's among them. Predecessors past the grace are
 * forgotten from the oldest on, never from the middle, so that every chain stays whole. Refuses with `unindexed` and the
 * grant, changing nothing, when the indexes do not hold the grant for as long as it would live.
 */
export const ROTATE_REFRESH_TOKEN = script(`
local now, presented_hash, refresh_hash, sealed = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local expires_at, grace, indexed_until = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local grant = redis.call('HMGET', KEYS[1], 'refreshHash', 'expiresAtMs', 'indexedUntilMs', 'grant', 'predecessors', 'jkt')
if not grant[1] or tonumber(grant[2]) <= now then return {'gone'} end
if grant[1] ~= presented_hash then return {'other', grant[4], grant[6] or '', grant[5] or '[]'} end
indexed_until = math.max(indexed_until, tonumber(grant[3]))
if indexed_until < expires_at then return {'unindexed', grant[4]} end
redis.call('HSET', KEYS[1], 'refreshHash', refresh_hash, 'lastUsedAtMs', ARGV[1], 'expiresAtMs', ARGV[5],
  'indexedUntilMs', string.format('%.0f', indexed_until))
if ARGV[8] ~= '' then redis.call('HSETNX', KEYS[1], 'jkt', ARGV[8]) end
redis.call('PEXPIRE', KEYS[1], expires_at - now)
if grace == 0 then
  redis.call('HDEL', KEYS[1], 'predecessors')
else
  local predecessors = grant[5] and cjson.decode(grant[5]) or {}
  table.insert(predecessors, { hash = presented_hash, sealed = sealed, rotatedAtMs = now })
  while #predecessors > ${PREDECESSORS_LIMIT} or predecessors[1].rotatedAtMs + grace <= now do
    table.remove(predecessors, 1)
  end
  redis.call('HSET', KEYS[1], 'predecessors', cjson.encode(predecessors))
end
return {'rotated', grant[4], grant[6] or ''}
`)
