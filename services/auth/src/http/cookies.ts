import type { FastifyReply, FastifyRequest } from 'fastify'

/** Cookies that no other host, path or subdomain can set or read (RFC 6265bis §4.1.3.2); each holds 256 random bits. */
export type CookieName = '__Host-gatehouse-browser' | '__Host-gatehouse-session'

const SECRET = /^[A-Za-z0-9_-]{43}$/

/** The cookie's secret; undefined when absent, sent twice, or not of our making. */
export function readCookie(request: FastifyRequest, name: CookieName): string | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  const [value] = values
  return values.length === 1 && value !== undefined && SECRET.test(value) ? value : undefined
}

/** @param maxAgeSeconds - undefined = until the browser closes; 0 = now gone */
export function writeCookie(reply: FastifyReply, name: CookieName, value: string, maxAgeSeconds?: number): void {
  const life = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  reply.header('set-cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${life}`)
}
