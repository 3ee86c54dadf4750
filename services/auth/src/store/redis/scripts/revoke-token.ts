import { REVOKED_TOKENS_LIMIT } from '../../grant-record.ts'
import { script } from '../backend.ts'

/** Remembers a revoked access token in its live grant and forgets those that have ended by themselves. */
export const REVOKE_TOKEN = script(`
local now, jti, until_ms = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local grant = redis.call('HMGET', KEYS[1], 'refreshHash', 'expiresAtMs', 'revokedTokens')
if not grant[1] or tonumber(grant[2]) <= now then return 'gone' end
local revoked, count = {}, 0
for name, ends_at in pairs(cjson.decode(grant[3] or '{}')) do
  if ends_at > now and name ~= jti then
    revoked[name] = ends_at
    count = count + 1
  end
end
if count >= ${REVOKED_TOKENS_LIMIT} then return 'full' end
revoked[jti] = until_ms
redis.call('HSET', KEYS[1], 'revokedTokens', cjson.encode(revoked))
return 'revoked'
`)
