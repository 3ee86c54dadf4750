import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { endGrants } from '../store/end-grants.ts'
import { type AccountContext, gatewayName } from './account-context.ts'
import { requireAccountForm } from './account-forms.ts'
import { logEnded } from './disconnect.ts'
import { makePersonalToken, PERSONAL_TOKENS_LIMIT } from './make-personal-token.ts'
import { goBack, goToSignIn, STALE_FORM } from './onward.ts'
import { showAccount } from './show-account.ts'
import { showNewToken } from './show-new-token.ts'
import { showServerChoice, showTokenForm } from './show-token-form.ts'
import { choicesOf, lifetimesUpTo, readTokenWish, resourcesOf } from './token-wish.ts'

/** `/account/tokens`: personal access tokens are made here, shown once, and revoked. */
export function personalTokenEndpoint(app: FastifyInstance, context: AccountContext): void {
  const { config, stores, clock } = context
  const sessions = createSessions(context)
  const options = {
    errorHandler: pageErrorHandler(gatewayName(config)),
    onError: countRefusals(context.metrics, 'account'),
  }
  const formOptions = { ...options, onRequest: [requireSameOrigin(config), isForm] }

  /** What was chosen, if the person may; where there is nothing to choose, that. */
  const chosenResource = ({ resource }: Params, identity: Identity) => {
    const usable = resourcesOf(context.resources, identity)
    const wanted = resource === undefined ? undefined : context.resources.byUrl(resource)
    if (wanted !== undefined) return usable.find(({ url }) => url === wanted.url)
    return usable.length === 1 ? usable[0] : undefined
  }

  app.get('/account/tokens/new', options, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config, request.url)
    requireFeature()
    const resource = chosenResource(readParams(rawQuery(request.url)), session.identity)
    return resource
      ? showTokenForm(request, reply, context, session.identity, resource)
      : showServerChoice(reply, context, session.identity)
  })

  app.post('/account/tokens', formOptions, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config)
    requireFeature()
    return make(request, reply, session.identity, request.body as Params)
  })

  app.post('/account/tokens/revoke', formOptions, async (request, reply) => {
    const session = await sessions.find(request)
    if (!session) return goToSignIn(reply, config)
    const { identity } = session
    const params = request.body as Params
    const form = requireAccountForm(request, params, 'revoke-token', identity.subject, nowSeconds(clock))
    if (!form.isFresh) return showAccount(request, reply, context, identity, STALE_FORM)
    const isMeant = ({ id, personalToken }: Grant) => personalToken !== undefined && id === params.grant
    const ended = await endGrants(stores, identity.subject, isMeant)
    logEnded(request.log, identity.subject, 'token_revoked_by_person', ended)
    return goBack(request, reply, config, identity.subject, ended.length > 0 ? 'revoked' : 'was-revoked')
  })

  for (const [path, methods] of [
    ['/account/tokens/new', ['GET']],
    ['/account/tokens', ['POST']],
    ['/account/tokens/revoke', ['POST']],
  ] as const) {
    methodNotAllowed(app, path, methods, { isPage: true })
  }

  const requireFeature = (): void => {
    if (config.PERSONAL_TOKEN_MAX_DAYS > 0) return
    throw new OAuthError('invalid_request', 'the operator allows no personal access tokens', {
      reason: 'personal_tokens_off',
      status: 404,
    })
  }

  const make = async (request: FastifyRequest, reply: FastifyReply, identity: Identity, params: Params) => {
    const form = requireAccountForm(request, params, 'make-token', identity.subject, nowSeconds(clock))
    const resource = chosenResource(params, identity)
    if (!resource) return showServerChoice(reply, context, identity)
    const again = (fault: string) => showTokenForm(request, reply, context, identity, resource, { params, fault })
    if (!form.isFresh) return again(STALE_FORM.fault)
    const lifetimes = lifetimesUpTo(config.PERSONAL_TOKEN_MAX_DAYS)
    const wish = readTokenWish(params, resource, choicesOf(resource, identity), lifetimes)
    if (typeof wish === 'string') return again(wish)
    const making = await makePersonalToken(context, identity, wish, form.stamp)
    switch (making.outcome) {
      case 'made':
        return showNewToken(request, reply, context, identity, wish, making)
      case 'name_taken':
        return again('You have a token of this name already. Choose another name.')
      case 'full':
        return again(`You have ${PERSONAL_TOKENS_LIMIT} tokens, and no more can be made. Revoke one first.`)
      case 'form_used':
        return showAccount(request, reply, context, identity, {
          status: 400,
          fault:
            'This form made its token before, and a token is shown once. If you did not see it, revoke it below and make another.',
        })
    }
  }
}
