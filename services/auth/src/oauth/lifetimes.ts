/** Lifetime of an authorization code. RFC 6749 §4.1.2 recommends 10 minutes at most; a redirect needs far less. */
export const AUTHORIZATION_CODE_TTL_SECONDS = 60
/** Wrong redemptions after which a code is dead: room for a confused client, none for guessing. */
export const CODE_FAILURES_LIMIT = 5
/** How long a person may take from /authorize to their decision. Inspector waits 15 minutes for its callback. */
export const AUTHORIZATION_REQUEST_TTL_SECONDS = 900
/** From leaving for the identity provider to coming back. */
export const SIGN_IN_ATTEMPT_TTL_SECONDS = 600
/** A browser stays signed in this long. */
export const SESSION_TTL_SECONDS = 43_200
/** An approval is remembered this long after its last use, then asked again. */
export const APPROVAL_TTL_SECONDS = 31_536_000
/** A registered client that never took part in a sign-in is forgotten after this. */
export const UNUSED_CLIENT_TTL_SECONDS = 86_400
/** Own access tokens are accepted this long past `exp`: Python clients answer a 401 with a browser, not a refresh. */
export const ACCESS_TOKEN_LEEWAY_SECONDS = 60
/** How far the clock of whoever signed somebody else's token may be off ours. */
export const FOREIGN_CLOCK_SKEW_SECONDS = 30
/** The identity assertion towards a server. Long enough to be cached for a burst, short enough to be useless if it leaks. */
export const ASSERTION_TTL_SECONDS = 60
/** A cached answer of /verify is confirmed with the store at least this often; revocation messages make it faster. */
export const VERIFY_CACHE_SECONDS = 5
/** A grant ends a year after it was approved, however often it is refreshed (ASVS 10.4.8); then the person is asked again. */
export const GRANT_MAX_AGE_SECONDS = 31_536_000
/** From pushing a request to the browser at /authorize: it opens in seconds, and a link out of a terminal is copied in a minute. */
export const PUSHED_REQUEST_TTL_SECONDS = 90
/** From the code on a device to the person's yes and the device's last question (RFC 8628 §3.2 `expires_in`). */
export const DEVICE_CODE_TTL_SECONDS = 600
/** How long a device waits between two questions, and what each hasty one adds (RFC 8628 §3.5). */
export const DEVICE_POLL_INTERVAL_SECONDS = 5
