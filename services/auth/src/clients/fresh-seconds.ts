/** A document is used this long when its server says nothing. */
const DOCUMENT_FRESH_SECONDS = 600
/** However short-lived its server calls it: a sign-in asks about its client four times. */
const DOCUMENT_FRESH_MIN_SECONDS = 60
/** However long: a redirect URI that was taken out of a document is refused after this. */
const DOCUMENT_FRESH_MAX_SECONDS = 3_600

/**
 * How long an answer may be used, by its Cache-Control and Age (RFC 9111 §5.1, §5.2.2), within our bounds. The draft of client
 * id metadata documents, §5.2: "MAY define its own upper and/or lower bounds on an acceptable cache lifetime".
 */
export function freshSeconds(cacheControl = '', age = '0'): number {
  const directives = cacheControl
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  const lifetime = directives.map((part) => /^max-age="?(\d{1,9})"?$/.exec(part)?.[1]).find((digits) => digits !== undefined)
  const said = directives.some((part) => /^no-(?:store|cache)\b/.test(part))
    ? 0
    : lifetime === undefined
      ? DOCUMENT_FRESH_SECONDS
      : Number(lifetime) - (/^\d{1,9}$/.test(age) ? Number(age) : 0)
  return Math.min(Math.max(said, DOCUMENT_FRESH_MIN_SECONDS), DOCUMENT_FRESH_MAX_SECONDS)
}
