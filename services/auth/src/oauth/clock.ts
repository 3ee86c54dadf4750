/** Milliseconds since 1970, as `Date.now`. Handed in everywhere, so that tests move time instead of sleeping. */
export type Clock = () => number

/** Unix seconds, rounded down (RFC 7519 NumericDate). */
export const nowSeconds = (clock: Clock): number => Math.floor(clock() / 1000)
