import { script } from '../backend.ts'

/** Adds a client to the list of unused ones and returns those that are too many, oldest first; the list keeps them. */
export const ADD_UNUSED_CLIENT = script(`
local now, client_id, limit, ttl = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ttl)
redis.call('ZADD', KEYS[1], now, client_id)
redis.call('PEXPIRE', KEYS[1], ttl)
local surplus = redis.call('ZCARD', KEYS[1]) - limit
if surplus <= 0 then return {} end
return redis.call('ZRANGE', KEYS[1], 0, surplus - 1)
`)
