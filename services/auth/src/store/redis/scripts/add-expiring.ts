import { script } from '../backend.ts'

/** Puts a value under a key that has none, or whose value is over by our clock. Of any number of callers one gets 1. */
export const ADD_EXPIRING = script(`
local now, envelope, ttl = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local standing = redis.call('GET', KEYS[1])
if standing and cjson.decode(standing).expiresAtMs > now then return 0 end
redis.call('SET', KEYS[1], envelope, 'PX', ttl)
return 1
`)
