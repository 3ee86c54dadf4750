import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import { countRefusals } from '../metrics/metrics.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import { checkRegistrationToken } from './check-registration-token.ts'
import { clientInformation } from './client-information.ts'
import { deleteClient } from './delete-client.ts'
import { offeredScope, offerOf } from './offer.ts'
import { updateClient } from './update-client.ts'

const URL_PATTERN = '/register/:clientId'

/**
 * `GET`, `PUT` and `DELETE /register/:client_id`: a client reads, replaces or removes its registration (RFC 7592 §2), with
 * the registration access token as bearer. The client secret is stored as a digest, so it is never told again.
 */
export function registrationManagementEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'resources' | 'metrics'>,
): void {
  const { config, stores, resources, metrics } = context
  const hooks = [anyOrigin, noStore]
  const onError = countRefusals(metrics, 'registration_management')
  const authorize = (request: FastifyRequest) => {
    const { clientId } = request.params as { clientId: string }
    return checkRegistrationToken(stores.clients, clientId, request.headers.authorization)
  }
  const describe = (client: RegisteredClient, registrationToken: string, clientSecret?: string) =>
    clientInformation(client, { clientSecret, registrationToken }, config.PUBLIC_URL, offeredScope(resources))

  app.route({
    method: 'GET',
    url: URL_PATTERN,
    onRequest: hooks,
    onError,
    handler: async (request) => {
      const { client, registrationToken } = await authorize(request)
      return describe(client, registrationToken)
    },
  })
  app.route({
    method: 'PUT',
    url: URL_PATTERN,
    onRequest: [...hooks, requireMediaType('application/json')],
    onError,
    handler: async (request) => {
      const { client, registrationToken } = await authorize(request)
      const { updated, clientSecret } = await updateClient(stores.clients, client, request.body, offerOf(context))
      request.log.info({ event: 'client_updated', client: client.clientId }, 'client updated')
      return describe(updated, registrationToken, clientSecret)
    },
  })
  app.route({
    method: 'DELETE',
    url: URL_PATTERN,
    onRequest: hooks,
    onError,
    // RFC 7592 §2.3 has no body; one that comes is not read as anything.
    handler: async (request, reply) => {
      const { client } = await authorize(request)
      const grants = await deleteClient(stores, client.clientId)
      request.log.info({ event: 'client_deleted', client: client.clientId, grants }, 'client deleted')
      return reply.code(204).send()
    },
  })
  preflight(app, URL_PATTERN, ['GET', 'PUT', 'DELETE'])
  methodNotAllowed(app, URL_PATTERN, ['GET', 'PUT', 'DELETE', 'OPTIONS'])
}
