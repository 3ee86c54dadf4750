import { OAuthError } from '../oauth/error.ts'

/** Percent-encoded: 8 KB of letters, 4 KB of anything. Sealed and in a URL it must still fit into a request's headers. */
const MAX_ENCODED_LENGTH = 12_288
/** Before it is encoded, so that nothing longer is even looked at. */
const MAX_BYTES = 8192

/**
 * The `state` of a raw query, percent-encoded for the way back. Taken from the raw text, so that bytes which are no UTF-8
 * come back too; absent stays absent, and empty counts as absent (RFC 6749 §3.1).
 * @throws OAuthError `invalid_request` when it is too long
 */
export function readState(query: string): string | undefined {
  const pair = query.split('&').find((part) => part.startsWith('state='))
  const bytes = pair === undefined ? Buffer.alloc(0) : decodeBytes(pair.slice('state='.length))
  if (bytes.length === 0) return undefined
  const encoded = bytes.length > MAX_BYTES ? undefined : encodeBytes(bytes)
  if (encoded !== undefined && encoded.length <= MAX_ENCODED_LENGTH) return encoded
  throw new OAuthError('invalid_request', 'state is too long', { reason: 'state_too_long' })
}

/** `application/x-www-form-urlencoded` without the step from bytes to text. */
const decodeBytes = (encoded: string): Buffer =>
  Buffer.from(
    Buffer.from(encoded.replaceAll('+', ' '), 'utf8')
      .toString('latin1')
      .replace(/%([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

/** Everything but RFC 3986 unreserved characters as `%XX`. */
const encodeBytes = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[^A-Za-z0-9\-._~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
