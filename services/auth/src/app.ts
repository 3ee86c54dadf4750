import formbody from '@fastify/formbody'
import { createInternalListener, KEEP_ALIVE_TIMEOUT_MS, nextRequestId } from '@gatehouse/runtime'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerFactory, LogController } from 'fastify'
import { accountEndpoint } from './account/account-endpoint.ts'
import { personalTokenEndpoint } from './account/personal-token-endpoint.ts'
import { authorizeEndpoint } from './authorize/authorize-endpoint.ts'
import { callbackEndpoint } from './authorize/callback-endpoint.ts'
import { consentEndpoint } from './authorize/consent-endpoint.ts'
import { pushedRequestEndpoint } from './authorize/pushed-request-endpoint.ts'
import { signInEndpoint } from './authorize/sign-in-endpoint.ts'
import { signOutEndpoint } from './authorize/sign-out-endpoint.ts'
import type { Context } from './context.ts'
import { deviceAuthorizationEndpoint } from './device/device-authorization-endpoint.ts'
import { deviceEndpoint } from './device/device-endpoint.ts'
import { deviceQrEndpoint } from './device/qr-endpoint.ts'
import { discoverEndpoint } from './discover/discover-endpoint.ts'
import { homeEndpoint } from './home/home-endpoint.ts'
import { checkHost } from './http/check-host.ts'
import { jsonErrorHandler } from './http/error-handler.ts'
import { readParams } from './http/params.ts'
import { createTrustedProxies } from './http/trusted-proxies.ts'
import { createPasswordSignIn } from './identity/password.ts'
import { createProviders } from './identity/providers.ts'
import { registerEndpoint } from './register/register-endpoint.ts'
import { registrationManagementEndpoint } from './register/registration-management-endpoint.ts'
import { introspectEndpoint } from './token/introspect-endpoint.ts'
import { revokeEndpoint } from './token/revoke-endpoint.ts'
import { tokenEndpoint } from './token/token-endpoint.ts'
import type { Verifier } from './verify/verifier.ts'
import { verifyEndpoint } from './verify/verify-endpoint.ts'

/** Forms and registrations are a few kilobytes; whatever is larger is refused before it is read (RES-01). */
const BODY_LIMIT_BYTES = 65_536
/** A sealed authorization request with a long `state` travels in a URL. */
const MAX_HEADER_BYTES = 32_768
/** A request must have arrived whole after this, however slowly it is sent (RES-02). */
const REQUEST_TIMEOUT_MS = 30_000

/** The public listener: every endpoint, in the order in which a client meets them. */
export async function createPublicApp(
  context: Context,
  operatorPassword: string | undefined,
  serverFactory?: FastifyServerFactory,
): Promise<FastifyInstance> {
  const { config, log } = context
  const proxies = createTrustedProxies(config.TRUSTED_PROXIES)
  const signIn = {
    providers: await createProviders(config, context.resources.root.servers),
    ...(operatorPassword === undefined ? {} : { passwordSignIn: createPasswordSignIn(operatorPassword) }),
  }
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => nextRequestId(),
    trustProxy: (address: string) => proxies.trusts(address),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Two Authorization headers become one with a comma, which no rule accepts; without this the second is dropped silently.
    http: { maxHeaderSize: MAX_HEADER_BYTES, joinDuplicateHeaders: true },
    // What comes over a kept connection while it closes is answered as ever: a bare 503 would fail it in a rolling restart.
    return503OnClosing: false,
    // A path that cannot be decoded, or a part of it that is too long: it meets no hook and no route.
    frameworkErrors: (error, request, reply) =>
      jsonErrorHandler(error, request, reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')),
    ...(serverFactory ? { serverFactory } : {}),
  })
  app.setErrorHandler(jsonErrorHandler)
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not_found', error_description: `there is nothing here; see ${config.PUBLIC_URL}/` }),
  )
  app.addHook('onRequest', checkHost(config))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    if (!config.isLoopback) reply.header('strict-transport-security', 'max-age=31536000')
    done()
  })
  await app.register(formbody, { parser: (form) => readParams(form, ['resource']) })

  discoverEndpoint(app, context)
  await app.register(
    async (scope) => {
      homeEndpoint(scope, context)
      registerEndpoint(scope, context)
      registrationManagementEndpoint(scope, context)
      pushedRequestEndpoint(scope, context)
      authorizeEndpoint(scope, { ...context, ...signIn })
      signInEndpoint(scope, { ...context, ...signIn })
      callbackEndpoint(scope, { ...context, ...signIn })
      consentEndpoint(scope, { ...context, ...signIn })
      deviceAuthorizationEndpoint(scope, context)
      deviceEndpoint(scope, { ...context, ...signIn })
      deviceQrEndpoint(scope, context)
      tokenEndpoint(scope, context)
      revokeEndpoint(scope, context)
      introspectEndpoint(scope, context)
      accountEndpoint(scope, context)
      personalTokenEndpoint(scope, context)
      signOutEndpoint(scope, context)
    },
    { prefix: config.publicPath },
  )
  return app
}

/** The internal listener: Traefik's question, and what operators' machines ask. */
export function createInternalApp(context: Context, verifier: Verifier, ready: () => Promise<void>): FastifyInstance {
  const app = createInternalListener(context.log, context.metrics, ready)
  verifyEndpoint(app, context, verifier)
  app.get('/jwks.json', async () => context.keys.jwks())
  return app
}
