import { script } from '../backend.ts'

/** Counts a wrong redemption of a live code and removes the grant at the limit. A spent code's grant is never touched. */
export const COUNT_FAILED_REDEMPTION = script(`
local now, code_hash, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local grant = redis.call('HMGET', KEYS[1], 'codeHash', 'codeExpiresAtMs', 'refreshHash')
if grant[1] ~= code_hash or tonumber(grant[2]) <= now or grant[3] then return 0 end
local failures = redis.call('HINCRBY', KEYS[1], 'codeFailures', 1)
if failures >= limit then redis.call('DEL', KEYS[1]) end
return failures
`)
