import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { clientInformation } from './client-information.ts'
import { readClientMetadata } from './client-metadata.ts'
import { createInitialAccessTokens } from './initial-access-token.ts'
import { offeredScope, offerOf } from './offer.ts'
import { registerClient } from './register-client.ts'

/**
 * `POST /register`: a client tells us about itself (RFC 7591 §3). By REGISTRATION open to everybody, to bearers of an initial
 * access token, or to nobody. What is never used is forgotten.
 */
export function registerEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'resources' | 'clock' | 'metrics' | 'secrets'>,
): void {
  const { config, resources, metrics } = context
  const tokens = config.REGISTRATION === 'token' ? createInitialAccessTokens(context) : undefined
  const isOff = config.REGISTRATION === 'off'
  app.route({
    method: 'POST',
    url: '/register',
    onRequest: [anyOrigin, noStore, ...(isOff ? [refuse] : []), requireMediaType('application/json')],
    onError: countRefusals(metrics, 'register'),
    handler: async (request, reply) => {
      const token = await tokens?.read(request.headers.authorization)
      const metadata = readClientMetadata(request.body, offerOf(context))
      if (token) await tokens?.spend(token)
      const { outcome, client, secrets } = await registerClient(context, metadata, request.ip)
      metricsOf(metrics).registrations.inc({ outcome })
      const by = token ? { initialAccessToken: token.id } : {}
      request.log.info({ event: 'client_registered', client: client.clientId, outcome, ...by }, 'client registered')
      reply.code(201)
      return clientInformation(client, secrets, config.PUBLIC_URL, offeredScope(resources))
    },
  })
  preflight(app, '/register', ['POST'])
  methodNotAllowed(app, '/register', ['POST', 'OPTIONS'])
}

async function refuse(): Promise<never> {
  throw new OAuthError('access_denied', 'clients do not register here; ask the operator for a client id', {
    reason: 'registration_off',
  })
}
