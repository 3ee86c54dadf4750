import { script } from '../backend.ts'

/** Notes the use of a live grant; never brings one back. */
export const TOUCH_GRANT = script(`
local now = tonumber(ARGV[1])
local grant = redis.call('HMGET', KEYS[1], 'refreshHash', 'expiresAtMs')
if not grant[1] or tonumber(grant[2]) <= now then return 0 end
redis.call('HSET', KEYS[1], 'lastUsedAtMs', ARGV[1])
return 1
`)
