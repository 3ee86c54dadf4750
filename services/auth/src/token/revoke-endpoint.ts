import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { createAccessTokenReader } from '../keys/access-token.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { endGrant } from '../store/end-grant.ts'
import { findGrantOfToken } from './grant-of-token.ts'
import { createRefreshTokens } from './refresh-tokens.ts'

/**
 * `POST /revoke` (RFC 7009): a client gives a sign-in back. Either token ends the whole grant; §2.1 allows that for an access
 * token too, and clients that sign out send both. The answer is 200 for a token that is not (any more) worth anything, so that
 * a client need not care; `token_type_hint` is not needed, our tokens tell what they are.
 */
export function revokeEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'authenticateClient' | 'clock' | 'metrics' | 'secrets'>,
): void {
  const { config, stores, keys, clock, metrics, secrets } = context
  const refreshTokens = createRefreshTokens(secrets)
  const readAccessToken = createAccessTokenReader(keys, config.PUBLIC_URL, clock)

  app.route({
    method: 'POST',
    url: '/revoke',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'revoke'),
    handler: async (request, reply) => {
      const params = (request.body ?? {}) as Params
      const client = await context.authenticateClient(request.headers.authorization, params)
      const { token } = params
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing', { reason: 'token_missing' })
      const grant = await findGrantOfToken(stores.grants, refreshTokens, readAccessToken, token)
      if (grant && grant.clientId !== client.clientId) {
        // "If this validation fails, the request is refused and the client is informed of the error" (§2.1).
        throw new OAuthError('invalid_grant', 'the token was not issued to this client', { reason: 'token_of_other_client' })
      }
      if (grant && (await endGrant(stores, grant.id))) {
        request.log.info(
          { event: 'grant_ended', reason: 'revoked_by_client', client: client.clientId, grant: grant.id },
          'grant ended',
        )
      }
      return reply.code(200).send()
    },
  })
  preflight(app, '/revoke', ['POST'])
  methodNotAllowed(app, '/revoke', ['POST', 'OPTIONS'])
}
