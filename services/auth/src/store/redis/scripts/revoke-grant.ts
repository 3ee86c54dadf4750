import { script } from '../backend.ts'

/** Removes a grant and returns it, if it had not expired. Of any number of callers at most one gets it. */
export const REVOKE_GRANT = script(`
local now = tonumber(ARGV[1])
local grant = redis.call('HMGET', KEYS[1], 'expiresAtMs', 'grant')
redis.call('DEL', KEYS[1])
if not grant[1] or tonumber(grant[1]) <= now then return {} end
return {grant[2]}
`)
