import type { FastifyInstance } from 'fastify'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { type AccountContext, gatewayName } from './account-context.ts'
import { readNotice, requireAccountForm } from './account-forms.ts'
import { disconnect } from './disconnect.ts'
import { goBack, goToSignIn, STALE_FORM } from './onward.ts'
import { showAccount } from './show-account.ts'
import { signOutEverywhere } from './sign-out-everywhere.ts'

/** `/account`: what a person has connected, and the forms that end it. */
export function accountEndpoint(app: FastifyInstance, context: AccountContext): void {
  const { config, clock } = context
  const sessions = createSessions(context)
  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'account') }
  const formOptions = { ...options, onRequest: [requireSameOrigin(config), isForm] }

  app.get('/account', options, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config)
    const { identity } = session
    const notice = readNotice(request, readParams(rawQuery(request.url)), identity.subject)
    return showAccount(request, reply, context, identity, notice === undefined ? {} : { notice })
  })

  app.post('/account/disconnect', formOptions, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config)
    const { identity } = session
    const params = request.body as Params
    const form = requireAccountForm(request, params, 'disconnect', identity.subject, nowSeconds(clock))
    if (!form.isFresh) return showAccount(request, reply, context, identity, STALE_FORM)
    const count = await disconnect(context.stores, identity.subject, params, request.log)
    return goBack(request, reply, config, identity.subject, count > 0 ? 'disconnected' : 'was-disconnected')
  })

  app.post('/account/sign-out', formOptions, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config)
    const { identity } = session
    const params = request.body as Params
    const form = requireAccountForm(request, params, 'sign-out-everywhere', identity.subject, nowSeconds(clock))
    if (!form.isFresh) return showAccount(request, reply, context, identity, STALE_FORM)
    return signOutEverywhere(request, reply, { ...context, sessions }, identity.subject, params.what)
  })

  for (const [path, methods] of [
    ['/account', ['GET']],
    ['/account/disconnect', ['POST']],
    ['/account/sign-out', ['POST']],
  ] as const) {
    methodNotAllowed(app, path, methods, { isPage: true })
  }
}
