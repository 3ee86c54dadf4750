import { script } from '../backend.ts'

/** Stores a hash together with its life time (ARGV[1], milliseconds): never one that Redis would keep for ever. */
export const PUT_HASH = script(`
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`)
