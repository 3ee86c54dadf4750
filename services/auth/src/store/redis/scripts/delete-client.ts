import { script } from '../backend.ts'

/** Removes a client; 1 when there was one that had not expired. */
export const DELETE_CLIENT = script(`
local now = tonumber(ARGV[1])
local current = redis.call('HMGET', KEYS[1], 'client', 'expiresAtMs')
redis.call('DEL', KEYS[1])
if not current[1] or (current[2] and tonumber(current[2]) <= now) then return 0 end
return 1
`)
