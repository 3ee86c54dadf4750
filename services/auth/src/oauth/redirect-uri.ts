/** Schemes that run code or read local data in a browser, or that are no place to send a code. */
const FORBIDDEN_SCHEMES = new Set([
  'javascript:',
  'data:',
  'file:',
  'blob:',
  'vbscript:',
  'ftp:',
  'ws:',
  'wss:',
  'about:',
  'view-source:',
  'filesystem:',
  'mailto:',
  'tel:',
  'chrome:',
  'intent:',
])

/** Longer ones break cookies and proxies, and no client sends one. */
const MAX_LENGTH = 2048

/** RFC 3986 characters only; what a URL parser would repair (spaces, backslashes, controls) is refused instead. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]+$/

const LOOPBACK_URI = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?([/?]|$)/i

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a URL's `hostname` is this machine: localhost, *.localhost, 127.0.0.1 or [::1]. */
export const isLoopbackHost = (hostname: string): boolean =>
  LOOPBACK_HOSTS.has(hostname.toLowerCase()) || hostname.toLowerCase().endsWith('.localhost')

/**
 * Says why a redirect URI may not be registered, or undefined when it may. Any https, http on loopback alone, and
 * private-use schemes of apps (`cursor://`, RFC 8252 §7.1); judged by the URI, whatever `application_type` claims.
 */
export function redirectUriFault(uri: string): string | undefined {
  if (uri.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  if (uri.includes('#')) return 'must not have a fragment'
  if (!URI_CHARACTERS.test(uri)) return 'has characters that are not allowed in a URI'
  if (uri.includes('*')) return 'must not have a wildcard'
  if (!URL.canParse(uri)) return 'is not an absolute URI'
  const url = new URL(uri)
  if (FORBIDDEN_SCHEMES.has(url.protocol)) return `has a scheme that is not allowed (${url.protocol})`
  if (url.username !== '' || url.password !== '') return 'must not have a user name or password'
  if (url.protocol === 'https:') return /^https:\/\/[^/]/i.test(uri) ? undefined : 'is not an absolute URI'
  if (url.protocol === 'http:') {
    // On the raw text: a parser turns `127.1` or `0x7f000001` into 127.0.0.1.
    return LOOPBACK_URI.test(uri) ? undefined : 'must be https (http is for localhost, 127.0.0.1 and [::1])'
  }
  return undefined
}

/**
 * Finds the registered URI that a requested one stands for: byte-exact, except that the port of a loopback URI is free
 * (RFC 8252 §7.3) and its empty path equals `/`.
 */
export const matchRedirectUri = (registered: readonly string[], requested: string): string | undefined => {
  if (redirectUriFault(requested) !== undefined) return undefined
  if (registered.includes(requested)) return requested
  const wanted = loopbackForm(requested)
  return wanted === undefined ? undefined : registered.find((uri) => loopbackForm(uri) === wanted)
}

/** Scheme, host, path and query without the port; undefined unless http on loopback. Raw text apart from the port, so `%2F` is not `/`. */
function loopbackForm(uri: string): string | undefined {
  const parts = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(\/[^?]*)?(\?.*)?$/i.exec(uri)
  if (!parts) return undefined
  return `${parts[1]?.toLowerCase()}${parts[2] ?? '/'}${parts[3] ?? ''}`
}

/** Where the redirect leads, for people: host and port of a web address, the scheme of an app. */
export function redirectDestination(uri: string): { readonly kind: 'web' | 'this-computer' | 'app'; readonly text: string } {
  const url = new URL(uri)
  if (url.protocol === 'http:') return { kind: 'this-computer', text: url.host }
  if (url.protocol === 'https:') return { kind: 'web', text: url.host }
  return { kind: 'app', text: `${url.protocol}//` }
}
