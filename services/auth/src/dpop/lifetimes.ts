/** How far `iat` may be from our clock, both ways; clocks of clients are that wrong (RFC 9449 §11.1). */
export const PROOF_WINDOW_SECONDS = 300
/** A nonce is good for this long. Shorter ones cost an idle client a request more before each call. */
export const NONCE_TTL_SECONDS = 300
/** Replicas' clocks may differ by this. */
export const CLOCK_DIFFERENCE_SECONDS = 10
