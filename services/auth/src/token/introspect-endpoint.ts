import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { weightOf } from '../http/accept.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { signJwt } from '../keys/jwt.ts'
import { countRefusals } from '../metrics/metrics.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { createIntrospection } from './introspection.ts'

/** RFC 9701 §4. */
const SIGNED_ANSWER = 'application/token-introspection+jwt'

/**
 * `POST /introspect` (RFC 7662): what a token is worth, for clients that prove who they are. Whoever asks for a signed answer
 * gets one (RFC 9701), in which the token's own claims stand apart, so that it can never pass for the token.
 */
export function introspectEndpoint(
  app: FastifyInstance,
  context: Pick<
    Context,
    'config' | 'stores' | 'keys' | 'clients' | 'authenticateClient' | 'resources' | 'clock' | 'metrics' | 'secrets'
  >,
): void {
  const { config, keys, clock, metrics, authenticateClient } = context
  const introspect = createIntrospection(context)

  app.route({
    method: 'POST',
    url: '/introspect',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'introspect'),
    handler: async (request, reply) => {
      const params = (request.body ?? {}) as Params
      const client = await authenticateClient(request.headers.authorization, params)
      if (!hasProved(client)) throw unproved()
      const { token } = params
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing', { reason: 'token_missing' })
      const answer = await introspect(token, client, params.resource)
      if (!wantsSignature(request.headers.accept)) return answer
      const claims = { iss: config.PUBLIC_URL, aud: client.clientId, iat: nowSeconds(clock), token_introspection: answer }
      return reply.type(SIGNED_ANSWER).send(signJwt(keys.current(), 'token-introspection+jwt', claims))
    },
  })
  preflight(app, '/introspect', ['POST'])
  methodNotAllowed(app, '/introspect', ['POST', 'OPTIONS'])
}

/** A client that may prove itself or not is what it proved to be at this request. */
const hasProved = ({ tokenEndpointAuthMethod }: Client): boolean => tokenEndpointAuthMethod !== 'none'

const wantsSignature = (accept: string | undefined): boolean => {
  const weight = weightOf(accept, SIGNED_ANSWER)
  return weight > 0 && weight >= weightOf(accept, 'application/json')
}

/** "To prevent token scanning attacks, the endpoint MUST also require some form of authorization" (RFC 7662 §2.1). */
const unproved = (): OAuthError =>
  new OAuthError('invalid_client', 'only a client that proves who it is, by a secret or a key, may ask about tokens', {
    reason: 'introspection_by_public_client',
    headers: { 'www-authenticate': 'Basic realm="Gatehouse"' },
  })
