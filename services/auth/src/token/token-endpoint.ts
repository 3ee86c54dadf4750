import type { FastifyInstance } from 'fastify'
import { createEndpointProofs } from '../dpop/endpoint-proofs.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { identifyClient } from './identify-client.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createTokenGrants, type TokenContext } from './token-grants.ts'

/**
 * `POST /token`: exchanges a grant for tokens (RFC 6749 §3.2). What must never be forgotten is here: the form, the client's
 * authentication, `no-store` on every answer. A store that does not answer is 503, never `invalid_grant`.
 */
export function tokenEndpoint(app: FastifyInstance, context: TokenContext): void {
  const { metrics } = context
  const grants = createTokenGrants(context, createRefreshTokens(context.secrets))
  const proofs = createEndpointProofs(context, '/token')

  app.route({
    method: 'POST',
    url: '/token',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'token'),
    handler: async (request, reply) => {
      const params = (request.body ?? {}) as Params
      const { grant_type: grantType } = params
      if (grantType === undefined)
        throw new OAuthError('invalid_request', 'grant_type is missing', { reason: 'grant_type_missing' })
      const grant = grants.get(grantType)
      if (!grant) throw new OAuthError('unsupported_grant_type', 'grant_type is not supported', { reason: 'grant_type_unknown' })
      const proof = proofs.read(request, reply)
      const client = await identifyClient(context, grant, request.headers.authorization, params)
      if (!client.grantTypes.includes(grantType)) {
        throw new OAuthError('unauthorized_client', 'the client is not registered for this grant_type', {
          reason: 'grant_type_not_registered',
        })
      }
      const jkt = await proofs.spend(proof, client, reply)
      const answer = await grant.redeem({ params, client, log: request.log, jkt })
      metricsOf(metrics).tokensIssued.inc({ grant: grantType })
      request.log.info({ event: 'tokens_issued', grantType, client: client.clientId, scope: answer.scope }, 'tokens issued')
      return answer
    },
  })
  preflight(app, '/token', ['POST'])
  methodNotAllowed(app, '/token', ['POST', 'OPTIONS'])
}
