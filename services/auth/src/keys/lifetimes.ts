/** How long a key signs. */
export const KEY_ACTIVE_SECONDS = 30 * 86_400
/** A key is published this long before it signs: longer than anybody caches our JWKS, and than refresh() takes to come round. */
export const KEY_PUBLISHED_AHEAD_SECONDS = 86_400
/**
 * As KEY_PUBLISHED_AHEAD_SECONDS, for a key that somebody asked for: twice as long as our JWKS may be cached, and many times
 * as long as a replica takes to read the keys again.
 */
export const KEY_ANNOUNCED_SECONDS = 600
/** A key stays published this long after its successor took over: above the longest ACCESS_TOKEN_TTL, leeway and clock differences. */
export const KEY_RETIRED_SECONDS = 86_400 + 3600
/** Unknown key ids cause at most one read of the store in this time (JWT-12). */
export const KEY_LOOKUP_COOLDOWN_SECONDS = 5
