/** A cookie as a browser keeps it. Ports do not matter to cookies (RFC 6265 §8.5). */
interface Cookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  /** Milliseconds since 1970; Infinity for the session. */
  readonly expiresAtMs: number
}

/** How a request came about, for SameSite. */
export interface CookieContext {
  readonly isCrossSite: boolean
  readonly method: string
}

/** Above this a browser drops the cookie (RFC 6265bis §5.6). */
const MAX_COOKIE_BYTES = 4096

/**
 * A browser's cookies, by the rules that decide whether a sign-in works: Secure is kept on plain http://localhost as
 * Chromium does, `__Host-` and `__Secure-` are checked, SameSite is honoured on navigations, paths and expiry count.
 */
export class CookieJar {
  #cookies: Cookie[] = []
  readonly #now: () => number
  /** Why Set-Cookie lines were dropped; a test that expects a good server expects none. */
  readonly dropped: string[] = []

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  store(url: URL, setCookieLines: readonly string[]): void {
    for (const line of setCookieLines) {
      const cookie = this.#read(url, line)
      if (typeof cookie === 'string') {
        this.dropped.push(`${line.split('=')[0]}: ${cookie}`)
        continue
      }
      this.#cookies = this.#cookies.filter(
        (old) => !(old.name === cookie.name && old.domain === cookie.domain && old.path === cookie.path),
      )
      if (cookie.expiresAtMs > this.#now()) this.#cookies.push(cookie)
    }
  }

  /** The Cookie header for a request, longest path first; undefined when there is none. */
  header(url: URL, context: CookieContext): string | undefined {
    const fitting = this.#cookies.filter((cookie) => this.#fits(cookie, url, context))
    fitting.sort((a, b) => b.path.length - a.path.length)
    return fitting.length === 0 ? undefined : fitting.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ')
  }

  /** Names and values of everything kept. */
  list(): readonly { readonly name: string; readonly value: string; readonly path: string; readonly httpOnly: boolean }[] {
    return this.#cookies
  }

  clear(): void {
    this.#cookies = []
  }

  #fits(cookie: Cookie, url: URL, context: CookieContext): boolean {
    if (cookie.expiresAtMs <= this.#now()) return false
    const host = url.hostname
    if (cookie.hostOnly ? host !== cookie.domain : host !== cookie.domain && !host.endsWith(`.${cookie.domain}`)) return false
    if (!pathMatches(url.pathname, cookie.path)) return false
    if (cookie.secure && !isTrustworthy(url)) return false
    if (!context.isCrossSite || cookie.sameSite === 'none') return true
    return cookie.sameSite === 'lax' && (context.method === 'GET' || context.method === 'HEAD')
  }

  #read(url: URL, line: string): Cookie | string {
    if (Buffer.byteLength(line) > MAX_COOKIE_BYTES) return 'longer than 4096 bytes'
    const [pair = '', ...rest] = line.split(';')
    const name = pair.slice(0, Math.max(pair.indexOf('='), 0)).trim()
    const value = pair.slice(pair.indexOf('=') + 1).trim()
    if (name === '') return 'no name'
    const attributes = new Map(
      rest.map((part): [string, string] => {
        const [key = '', ...tail] = part.split('=')
        return [key.trim().toLowerCase(), tail.join('=').trim()]
      }),
    )
    const secure = attributes.has('secure')
    const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase()
    const path = attributes.get('path')
    if (secure && !isTrustworthy(url)) return 'Secure on a plain http site'
    if (/^__secure-/i.test(name) && !secure) return '__Secure- without Secure'
    if (/^__host-/i.test(name) && (!secure || domain !== undefined || path !== '/'))
      return '__Host- needs Secure, Path=/ and no Domain'
    if (domain !== undefined && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`)) return 'Domain of another site'
    const sameSite = attributes.get('samesite')?.toLowerCase()
    if (sameSite === 'none' && !secure) return 'SameSite=None without Secure'
    return {
      name,
      value,
      domain: domain ?? url.hostname,
      hostOnly: domain === undefined,
      path: path?.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
      secure,
      httpOnly: attributes.has('httponly'),
      sameSite: sameSite === 'strict' || sameSite === 'none' ? sameSite : 'lax',
      expiresAtMs: this.#expiry(attributes),
    }
  }

  #expiry(attributes: ReadonlyMap<string, string>): number {
    const maxAge = attributes.get('max-age')
    if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return this.#now() + Number(maxAge) * 1000
    const expires = Date.parse(attributes.get('expires') ?? '')
    return Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires
  }
}

/** RFC 6265 §5.1.4. */
const pathMatches = (path: string, cookiePath: string): boolean =>
  path === cookiePath || (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'))

/** "Potentially trustworthy": where Chromium keeps and sends Secure cookies. */
const isTrustworthy = (url: URL): boolean =>
  url.protocol === 'https:' ||
  url.hostname === 'localhost' ||
  url.hostname.endsWith('.localhost') ||
  /^127\.|^\[::1\]$/.test(url.hostname)
