import { script } from '../backend.ts'

/** Counts one more within the window, or opens a new one when it has passed. Every caller counts. */
export const HIT_THROTTLE = script(`
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local expires_at = redis.call('HGET', KEYS[1], 'expiresAtMs')
if not expires_at or tonumber(expires_at) <= now then
  redis.call('HSET', KEYS[1], 'count', 0, 'expiresAtMs', string.format('%.0f', now + window))
  redis.call('PEXPIRE', KEYS[1], window)
end
return redis.call('HINCRBY', KEYS[1], 'count', 1)
`)
