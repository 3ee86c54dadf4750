import { script } from '../backend.ts'

/** Removes a client unless somebody has used it meanwhile. */
export const FORGET_UNUSED_CLIENT = script(`
if redis.call('HEXISTS', KEYS[1], 'expiresAtMs') == 0 then return 0 end
return redis.call('DEL', KEYS[1])
`)
