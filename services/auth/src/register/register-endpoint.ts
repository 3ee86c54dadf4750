import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { clientInformation } from './client-information.ts'
import { readClientMetadata } from './client-metadata.ts'
import { registerClient } from './register-client.ts'
import { knownScopes, offeredScope } from './scopes.ts'

/** `POST /register`: a client tells us about itself (RFC 7591 §3). Open to everybody; what is never used is forgotten. */
export function registerEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'resources' | 'clock' | 'metrics'>,
): void {
  const { config, resources, metrics } = context
  app.route({
    method: 'POST',
    url: '/register',
    onRequest: [anyOrigin, noStore, requireMediaType('application/json')],
    onError: countRefusals(metrics, 'register'),
    handler: async (request, reply) => {
      const metadata = readClientMetadata(request.body, knownScopes(resources))
      const { outcome, client, secrets } = await registerClient(context, metadata, request.ip)
      metricsOf(metrics).registrations.inc({ outcome })
      request.log.info({ event: 'client_registered', client: client.clientId, outcome }, 'client registered')
      reply.code(201)
      return clientInformation(client, secrets, config.PUBLIC_URL, offeredScope(resources))
    },
  })
  preflight(app, '/register', ['POST'])
  methodNotAllowed(app, '/register', ['POST', 'OPTIONS'])
}
