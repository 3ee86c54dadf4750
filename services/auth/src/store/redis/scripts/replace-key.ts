import { script } from '../backend.ts'

/** Replaces the key of a generation unless it is gone, or is another one by now. */
export const REPLACE_KEY = script(`
local current = redis.call('HGET', KEYS[1], ARGV[1])
if not current or cjson.decode(current).kid ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`)
