import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ensureBrowser, formToken, requireForm } from '../http/browser.ts'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { sendPage } from '../pages/send-page.ts'
import { signedInPage } from '../pages/signed-in.ts'
import { createAuthorizationRequests } from './authorization-request.ts'
import { type AuthorizeContext, gatewayName, pathsOf } from './authorize-context.ts'
import { goToProvider } from './go-to-provider.ts'
import { readDestination } from './read-destination.ts'
import { showSignIn } from './show-sign-in.ts'
import { signInByPassword } from './sign-in-by-password.ts'

/** `/sign-in`: the ways to sign in, and the form that starts one. */
export function signInEndpoint(app: FastifyInstance, context: AuthorizeContext): void {
  const { config } = context
  const requests = createAuthorizationRequests(context)
  const sessions = createSessions(context)
  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'sign-in') }

  app.get('/sign-in', options, async (request, reply) => {
    const params = readParams(rawQuery(request.url))
    const destination = await readDestination(params, context, requests)
    const session = await sessions.find(request)
    if (session && destination.kind === 'page' && params.choose_account === undefined) {
      const token = formToken(ensureBrowser(request, reply), 'sign-out')
      return sendPage(
        reply,
        200,
        signedInPage({
          gateway: gatewayName(config),
          identity: session.identity,
          account: pathsOf(config).account,
          action: pathsOf(config).signOut,
          token,
        }),
      )
    }
    return showSignIn(request, reply, context, destination, params.choose_account === undefined ? {} : { chooseAccount: true })
  })

  app.post('/sign-in', { ...options, onRequest: [requireSameOrigin(config), isForm] }, async (request, reply) =>
    start(request, reply, request.body as Params),
  )

  methodNotAllowed(app, '/sign-in', ['GET', 'POST'], { isPage: true })

  const start = async (request: FastifyRequest, reply: FastifyReply, params: Params) => {
    const browser = requireForm(request, params.csrf, 'sign-in')
    const destination = await readDestination(params, context, requests)
    if (params.provider !== undefined) return goToProvider(request, reply, context, destination, browser, params)
    if (params.password !== undefined && context.passwordSignIn) {
      return signInByPassword(
        request,
        reply,
        { ...context, passwordSignIn: context.passwordSignIn, sessions },
        destination,
        params.password,
      )
    }
    throw new OAuthError('invalid_request', 'choose a way to sign in', { reason: 'sign_in_without_way' })
  }
}
