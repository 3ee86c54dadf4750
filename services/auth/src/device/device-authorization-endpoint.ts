import type { FastifyInstance } from 'fastify'
import { checkResource } from '../authorize/check-resource.ts'
import { checkScope } from '../authorize/check-scope.ts'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { createStartThrottle } from '../http/start-throttle.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { DEVICE_CODE_TTL_SECONDS, DEVICE_POLL_INTERVAL_SECONDS } from '../oauth/lifetimes.ts'
import { deviceUrls, requireDeviceGrant } from './device-grant.ts'
import { startDevice } from './start-device.ts'

/** More than any office needs, too few to fill a store. */
const STARTS_PER_ADDRESS = 1000
const LIMITS = { name: 'device-start', windowSeconds: DEVICE_CODE_TTL_SECONDS, perAddress: STARTS_PER_ADDRESS }

/**
 * `POST /device_authorization` (RFC 8628 §3.1): a program without a browser begins a sign-in that a person finishes on
 * another device. Client, resource and scopes are judged as at /authorize and /token.
 */
export function deviceAuthorizationEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'authenticateClient' | 'resources' | 'clock' | 'metrics'>,
): void {
  const { config, stores, resources, metrics } = context
  const throttle = createStartThrottle(stores.throttles, LIMITS)

  app.route({
    method: 'POST',
    url: '/device_authorization',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'device_authorization'),
    handler: async (request) => {
      requireDeviceGrant(config)
      const params = (request.body ?? {}) as Params
      const client = await context.authenticateClient(request.headers.authorization, params)
      if (!client.grantTypes.includes(DEVICE_CODE_GRANT_TYPE)) {
        throw new OAuthError('unauthorized_client', `the client is not registered for ${DEVICE_CODE_GRANT_TYPE}`, {
          reason: 'grant_type_not_registered',
        })
      }
      const resource = checkResource(resources, params.resource)
      const scopes = checkScope(client, resource, params.scope)
      if (!(await throttle.allows(request.ip))) throw tooMany()
      const { deviceCode, userCode } = await startDevice(context, client, resource, scopes, request.ip)
      request.log.info({ event: 'device_started', client: client.clientId, resource: resource.url }, 'device started')
      const urls = deviceUrls(config, userCode)
      return {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: urls.page,
        verification_uri_complete: urls.complete,
        // Ours: the QR code of verification_uri_complete (§3.3.1), for programs that cannot draw one.
        verification_uri_qr: urls.qr,
        expires_in: DEVICE_CODE_TTL_SECONDS,
        interval: DEVICE_POLL_INTERVAL_SECONDS,
      }
    },
  })
  preflight(app, '/device_authorization', ['POST'])
  methodNotAllowed(app, '/device_authorization', ['POST', 'OPTIONS'])
}

const tooMany = (): OAuthError =>
  new OAuthError('slow_down', 'too many devices were started from this address; try again later', {
    reason: 'too_many_devices',
    status: 429,
    headers: { 'retry-after': String(DEVICE_CODE_TTL_SECONDS) },
  })
