import { script } from '../backend.ts'

/** Replaces a client's record unless it is gone or expired; its life time stays as it is. */
export const UPDATE_CLIENT = script(`
local now, client = tonumber(ARGV[1]), ARGV[2]
local current = redis.call('HMGET', KEYS[1], 'client', 'expiresAtMs')
if not current[1] or (current[2] and tonumber(current[2]) <= now) then return 0 end
redis.call('HSET', KEYS[1], 'client', client)
return 1
`)
