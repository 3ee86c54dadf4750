import { script } from '../backend.ts'

/** Stores an outcome unless one stands; every caller gets the one that stands, the first also `1`. */
export const DECIDE_ONCE = script(`
local now, outcome, ttl = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local standing = redis.call('HMGET', KEYS[1], 'outcome', 'expiresAtMs')
if standing[1] and tonumber(standing[2]) > now then return {'0', standing[1]} end
redis.call('HSET', KEYS[1], 'outcome', outcome, 'expiresAtMs', string.format('%.0f', now + ttl))
redis.call('PEXPIRE', KEYS[1], ttl)
return {'1', outcome}
`)
