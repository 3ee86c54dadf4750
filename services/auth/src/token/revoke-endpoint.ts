import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { readPersonalToken } from '../oauth/personal-token.ts'
import { createTokenReader } from './presented-token.ts'
import { revokeToken } from './revoke-token.ts'

/**
 * `POST /revoke` (RFC 7009): a client gives a token back. A refresh token ends the whole grant, an access token is the only
 * one that ends. The answer is 200 for a token that is not (any more) worth anything, so that a client need not care; it is
 * never 200 while the store has not taken the step. A personal access token, which no client has, may be given back by
 * whoever bears it (docs/adr/0016-revocation.md).
 */
export function revokeEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'authenticateClient' | 'clock' | 'metrics' | 'secrets'>,
): void {
  const { stores, metrics, authenticateClient } = context
  const readToken = createTokenReader(context)

  app.route({
    method: 'POST',
    url: '/revoke',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'revoke'),
    handler: async (request, reply) => {
      const params = (request.body ?? {}) as Params
      const { authorization } = request.headers
      const isByBearer = readPersonalToken(params.token ?? '') !== undefined && !namesClient(authorization, params)
      const client = isByBearer ? undefined : await authenticateClient(authorization, params)
      const { token } = params
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing', { reason: 'token_missing' })
      const presented = await readToken(token)
      if (presented) await revokeToken(stores, presented, client, request.log)
      return reply.code(200).send()
    },
  })
  preflight(app, '/revoke', ['POST'])
  methodNotAllowed(app, '/revoke', ['POST', 'OPTIONS'])
}

/** Whether the request says that a client sends it; it must prove that then, whatever it gives back. */
const namesClient = (authorization: string | undefined, params: Params): boolean =>
  [authorization, params.client_id, params.client_secret, params.client_assertion].some((part) => part !== undefined)
