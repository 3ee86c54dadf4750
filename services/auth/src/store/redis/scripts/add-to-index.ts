import { script } from '../backend.ts'

/**
 * Keeps a name in an index at least until a time, forgets names whose time has passed, and lets Redis reap the index
 * when its last name's time has. Never shortens.
 */
export const ADD_TO_INDEX = script(`
local now, member, until_ms = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], 'GT', until_ms, member)
if redis.call('PTTL', KEYS[1]) < until_ms - now then
  redis.call('PEXPIRE', KEYS[1], until_ms - now)
end
return 1
`)
