import type { FastifyInstance, onRequestHookHandler } from 'fastify'

/** What browser-based MCP clients send; a preflight that asks for more (`Mcp-Param-*`) gets what it asks for. */
const USUAL_HEADERS =
  'Authorization, DPoP, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID'
const EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce'
const HEADER_NAMES = /^[A-Za-z0-9-]{1,64}( ?, ?[A-Za-z0-9-]{1,64}){0,63}$/
/** Browsers cap it at two hours. */
const MAX_AGE_SECONDS = '7200'

/**
 * Route hook: pages of any origin may read the answer, refusals too. Never with credentials, and not for `null`, the
 * origin of sandboxed frames and local files (RFC 9700 §2.6). Not for /authorize and the pages behind it.
 */
export const anyOrigin: onRequestHookHandler = (request, reply, done) => {
  if (request.headers.origin === 'null') return done()
  reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', EXPOSED_HEADERS)
  done()
}

/** Answers the preflights of a path: 204, for the methods named. */
export function preflight(app: FastifyInstance, url: string, methods: readonly string[]): void {
  app.options(url, { onRequest: anyOrigin }, async (request, reply) => {
    const asked = request.headers['access-control-request-headers']
    return reply
      .header('access-control-allow-methods', [...methods, 'OPTIONS'].join(', '))
      .header('access-control-allow-headers', asked !== undefined && HEADER_NAMES.test(asked) ? asked : USUAL_HEADERS)
      .header('access-control-max-age', MAX_AGE_SECONDS)
      .header('vary', 'Access-Control-Request-Headers')
      .code(204)
      .send()
  })
}
