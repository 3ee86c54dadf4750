import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { wellKnownDocuments, wellKnownRoutes } from './documents.ts'

/**
 * What a client reads first: `/.well-known/oauth-protected-resource` (RFC 9728), `/.well-known/oauth-authorization-server`
 * (RFC 8414), `/.well-known/openid-configuration` and `/.well-known/jwks.json`, in every spelling that clients try
 * (documents.ts). Also the preflights of the servers' own URLs, which the edge sends here because a preflight carries no
 * token. Takes the app without PUBLIC_URL's prefix: well-known URLs stand at the root of the host.
 */
export function discoverEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'keys' | 'resources' | 'clients' | 'issuers'>,
): void {
  const { config, keys, resources } = context
  const documents = wellKnownDocuments(context)

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const document = documents.get(pathOf(request.url))
    if (document === undefined) {
      // Plain 404: clients then try the next spelling (a redirect, a 5xx or a page would end their search).
      reply.code(404).header('cache-control', 'no-store')
      return { error: 'not_found', error_description: 'there is no such document here' }
    }
    reply.header('cache-control', CACHE_CONTROL).type('application/json; charset=utf-8')
    return document
  }
  const expose = (url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) => {
    app.route({ method: ['GET', 'HEAD'], url, onRequest: anyOrigin, handler })
    preflight(app, url, ['GET', 'HEAD'])
    methodNotAllowed(app, url, ['GET', 'HEAD', 'OPTIONS'])
  }

  for (const url of wellKnownRoutes(documents)) expose(url, answer)
  for (const base of new Set(['', config.publicPath])) {
    expose(`${base}/.well-known/jwks.json`, async (_request, reply) => {
      const jwks = keys.jwks()
      reply.header('cache-control', CACHE_CONTROL)
      return jwks
    })
  }
  for (const { server } of resources.all) {
    const path = `${config.publicPath}/${server?.name}/mcp`
    for (const url of [path, `${path}/`]) preflight(app, url, ['GET', 'POST', 'DELETE'])
  }
}

/** Below the day by which a new key precedes its first signature; short enough for a changed servers file to be seen. */
const CACHE_CONTROL = 'public, max-age=300'

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
