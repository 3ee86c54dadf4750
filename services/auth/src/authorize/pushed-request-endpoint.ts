import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { createEndpointProofs } from '../dpop/endpoint-proofs.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { requireMediaType } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import type { Params } from '../http/params.ts'
import { refuseQuery } from '../http/refuse-query.ts'
import { createStartThrottle } from '../http/start-throttle.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { PUSHED_REQUEST_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { createAuthorizationRequests } from './authorization-request.ts'
import { checkRedirectUri } from './check-redirect-uri.ts'
import { createPushedRequests } from './pushed-requests.ts'
import { readRequest } from './read-request.ts'
import { readState } from './read-state.ts'

/** More than any service pushes for its users, too few to fill a store. */
const PUSHES_PER_ADDRESS = 1000
const LIMITS = { name: 'par', windowSeconds: PUSHED_REQUEST_TTL_SECONDS, perAddress: PUSHES_PER_ADDRESS }

/**
 * `POST /par` (RFC 9126 §2): a client hands its authorization request in before the browser comes, and gets a `request_uri`
 * in its place. It proves itself as at /token, and every rule of /authorize is applied here, so that a faulty request fails
 * where its programmer sees it. What only the browser can tell (whether somebody is signed in) is looked at there. A DPoP proof
 * names the key that shall redeem the code, as `dpop_jkt` does (RFC 9449 §10.1).
 */
export function pushedRequestEndpoint(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'stores' | 'authenticateClient' | 'resources' | 'clock' | 'metrics' | 'secrets'>,
): void {
  const { stores, resources, clock, metrics } = context
  const pushed = createPushedRequests(stores, createAuthorizationRequests(context))
  const proofs = createEndpointProofs(context, '/par')
  const throttle = createStartThrottle(stores.throttles, LIMITS)

  app.route({
    method: 'POST',
    url: '/par',
    onRequest: [anyOrigin, noStore, refuseQuery, requireMediaType('application/x-www-form-urlencoded')],
    onError: countRefusals(metrics, 'par'),
    handler: async (request, reply) => {
      const params = (request.body ?? {}) as Params
      const proof = proofs.read(request, reply)
      const client = await context.authenticateClient(request.headers.authorization, params)
      if (params.request_uri !== undefined) {
        // "it MUST NOT be provided" (§2.1).
        throw new OAuthError('invalid_request', 'request_uri has no place here', { reason: 'request_uri_pushed' })
      }
      const jkt = proof && (await proofs.spend(proof, client, reply))
      if (jkt !== undefined && params.dpop_jkt !== undefined && jkt !== params.dpop_jkt) throw otherKey()
      const redirectUri = checkRedirectUri(client, params.redirect_uri)
      const state = readState(`state=${encodeURIComponent(params.state ?? '')}`)
      const named = jkt === undefined ? params : { ...params, dpop_jkt: jkt }
      const authorization = readRequest(named, { client, redirectUri, state }, { resources, clock, isSignedIn: true })
      if (!(await throttle.allows(request.ip))) throw tooMany()
      const requestUri = await pushed.push(authorization)
      request.log.info({ event: 'request_pushed', client: client.clientId, resource: authorization.resource }, 'request pushed')
      return reply.code(201).send({ request_uri: requestUri, expires_in: PUSHED_REQUEST_TTL_SECONDS })
    },
  })
  preflight(app, '/par', ['POST'])
  methodNotAllowed(app, '/par', ['POST', 'OPTIONS'])
}

/** RFC 9449 §10.1: the key may be named by either, and "the authorization server MUST reject the request" where they differ. */
const otherKey = (): OAuthError =>
  new OAuthError('invalid_request', 'dpop_jkt is not the key of the DPoP proof', { reason: 'dpop_jkt_of_other_key' })

/** §2.3 names the status. */
const tooMany = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'too many pushed requests from this address; try again later', {
    reason: 'too_many_pushed_requests',
    status: 429,
    headers: { 'retry-after': String(PUSHED_REQUEST_TTL_SECONDS) },
  })
