import type { FastifyInstance } from 'fastify'
import { OAuthError } from '../oauth/error.ts'
import { anyOrigin } from './cors.ts'
import { jsonErrorHandler } from './error-handler.ts'
import { noStore } from './no-store.ts'

/**
 * Answers every other method of a path with 405 and `Allow` (RFC 9110 §15.5.6), before a body is read. Comes after the
 * path's own routes.
 * @param allowed - the methods that have routes; HEAD goes with GET
 * @param options - `isPage`: for people, so no other site may read the answer (RFC 9700 §2.6: no CORS at /authorize)
 */
export function methodNotAllowed(
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
  { isPage = false }: { readonly isPage?: boolean } = {},
): void {
  const handled = new Set(allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))
  const allow = [...handled].join(', ')
  const refuse = async () => {
    throw new OAuthError('invalid_request', `this endpoint takes ${allow}`, {
      reason: 'method_not_allowed',
      status: 405,
      headers: { allow },
    })
  }
  app.route({
    method: app.supportedMethods.filter((method) => !handled.has(method)),
    url,
    onRequest: isPage ? [noStore, refuse] : [anyOrigin, noStore, refuse],
    handler: refuse,
    errorHandler: jsonErrorHandler,
  })
}
