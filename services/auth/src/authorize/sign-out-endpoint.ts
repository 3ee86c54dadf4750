import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { requireForm } from '../http/browser.ts'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import type { Params } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { sendPage } from '../pages/send-page.ts'
import { signedOutPage } from '../pages/signed-out.ts'
import { gatewayName, pathsOf } from './authorize-context.ts'
import { signInAgain } from './ways.ts'

/** `POST /sign-out`: ends this browser's session. With a `request`, on to signing in as somebody else for it. */
export function signOutEndpoint(app: FastifyInstance, context: Pick<Context, 'config' | 'stores' | 'clock' | 'metrics'>): void {
  const { config } = context
  const sessions = createSessions(context)
  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'sign-out') }
  app.post('/sign-out', { ...options, onRequest: [requireSameOrigin(config), isForm] }, async (request, reply) => {
    const params = request.body as Params
    requireForm(request, params.csrf, 'sign-out')
    const session = await sessions.find(request)
    await sessions.end(request, reply)
    if (session) request.log.info({ event: 'signed_out', subject: session.identity.subject }, 'signed out')
    if (params.request !== undefined) {
      const destination = { kind: 'authorize', sealed: params.request } as const
      return reply.redirect(signInAgain(config, destination, { chooseAccount: true }), 303)
    }
    return sendPage(reply, 200, signedOutPage({ gateway: gatewayName(config), signIn: pathsOf(config).signIn }))
  })
  methodNotAllowed(app, '/sign-out', ['POST'], { isPage: true })
}
