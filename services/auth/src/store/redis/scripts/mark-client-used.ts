import { script } from '../backend.ts'

/** Keeps a client for good, unless it is gone or expired already. */
export const MARK_CLIENT_USED = script(`
local now = tonumber(ARGV[1])
local expires_at = redis.call('HGET', KEYS[1], 'expiresAtMs')
if not expires_at or tonumber(expires_at) <= now then return 0 end
redis.call('HDEL', KEYS[1], 'expiresAtMs')
redis.call('PERSIST', KEYS[1])
return 1
`)
