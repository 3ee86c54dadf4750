import { mayUse } from '@gatehouse/servers'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ensureBrowser, formToken, requireForm } from '../http/browser.ts'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { mayUseResource } from '../oauth/resource.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'
import { clientLabel } from '../pages/claims.ts'
import { consentPage } from '../pages/consent.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { returnPage } from '../pages/return.ts'
import { scopeChoices } from '../pages/scope-choices.ts'
import { sendPage } from '../pages/send-page.ts'
import type { Session } from '../store/session-store.ts'
import { answerClient } from './answer-client.ts'
import { destinationKey } from './approval-keys.ts'
import { createAuthorizationRequests } from './authorization-request.ts'
import { type AuthorizeContext, gatewayName, pathsOf } from './authorize-context.ts'
import { decide, type Wish } from './decide.ts'
import { isSilent } from './is-silent.ts'
import { type Consent, openConsent } from './open-consent.ts'
import { readWish } from './read-wish.ts'
import { showNotAdmitted } from './show-not-admitted.ts'
import { showSignIn } from './show-sign-in.ts'

/** `/consent`: asks the person, and takes the answer to the client. */
export function consentEndpoint(app: FastifyInstance, context: AuthorizeContext): void {
  const { config, stores } = context
  const requests = createAuthorizationRequests(context)
  const sessions = createSessions(context)
  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'consent') }

  app.get('/consent', options, async (request, reply) => {
    const consent = await openConsent(request, readParams(rawQuery(request.url)).request, context, requests, sessions)
    const { session } = consent
    const isQuiet = consent.request.prompts.includes('none')
    if (!session) return isQuiet ? refuseQuietly(request, reply, consent, 'login_required') : askWho(request, reply, consent)
    if (!mayUseResource(consent.resource, session.identity)) return refusePerson(request, reply, consent, session)
    if (await isSilent(request, context, consent, session)) {
      return conclude(request, reply, consent, session, { decision: 'approve', scopes: consent.request.scopes })
    }
    return isQuiet ? refuseQuietly(request, reply, consent, 'consent_required') : ask(request, reply, consent, session)
  })

  app.post('/consent', { ...options, onRequest: [requireSameOrigin(config), isForm] }, async (request, reply) => {
    const params = request.body as Params
    const consent = await openConsent(request, params.request, context, requests, sessions)
    const { session } = consent
    if (!session) return askWho(request, reply, consent)
    // The token holds the person to whom the question was shown: another one who signed in since is asked anew.
    requireForm(request, params.csrf, 'consent', consent.request.requestId, session.identity.subject)
    if (!mayUseResource(consent.resource, session.identity)) return refusePerson(request, reply, consent, session)
    const wish = readWish(params, consent.request.scopes)
    if (wish === 'nothing chosen') {
      return ask(request, reply, consent, session, 'Choose at least one of the things the app may do, or deny.')
    }
    return conclude(request, reply, consent, session, wish)
  })

  methodNotAllowed(app, '/consent', ['GET', 'POST'], { isPage: true })

  const ask = async (request: FastifyRequest, reply: FastifyReply, consent: Consent, session: Session, fault?: string) => {
    const browser = ensureBrowser(request, reply)
    const { client, resource, request: authorization } = consent
    const { subject } = session.identity
    const servers = resource.servers.filter((server) => mayUse(server, session.identity)).map(({ name }) => name)
    const { consent: consentPath, signOut } = pathsOf(config)
    return sendPage(
      reply,
      fault === undefined ? 200 : 400,
      consentPage({
        gateway: gatewayName(config),
        actions: { consent: consentPath, signOut },
        request: consent.sealed,
        tokens: {
          consent: formToken(browser, 'consent', authorization.requestId, subject),
          signOut: formToken(browser, 'sign-out'),
        },
        client,
        redirectUri: authorization.redirectUri,
        resource,
        servers,
        identity: session.identity,
        choices: scopeChoices(
          resource,
          authorization.scopes.filter((scope) => !OPENID_SCOPES.includes(scope)),
          servers,
        ),
        sharesProfile: authorization.scopes.some((scope) => OPENID_SCOPES.includes(scope)),
        wasApprovedBefore: await stores.approvals.has(subject, destinationKey(client, authorization.redirectUri)),
        ...(fault === undefined ? {} : { fault }),
      }),
    )
  }

  const conclude = async (request: FastifyRequest, reply: FastifyReply, consent: Consent, session: Session, wish: Wish) => {
    const { client, request: authorization } = consent
    const { outcome, isFirst } = await decide(context, authorization, client, session, wish)
    if (isFirst) {
      metricsOf(context.metrics).consents.inc({ outcome: wish.decision })
      const facts = {
        event: wish.decision === 'approve' ? 'consent_approved' : 'consent_denied',
        subject: session.identity.subject,
        client: client.clientId,
        resource: authorization.resource,
        ...(wish.decision === 'approve' ? { grant: outcome.grantId, scopes: wish.scopes } : {}),
      }
      request.log.info(facts, wish.decision === 'approve' ? 'consent approved' : 'consent denied')
    }
    return sendPage(
      reply,
      200,
      returnPage({
        gateway: gatewayName(config),
        clientLabel: clientLabel(client),
        redirectUri: authorization.redirectUri,
        location: outcome.location,
        isApproved: outcome.decision === 'approve',
      }),
    )
  }

  const askWho = (request: FastifyRequest, reply: FastifyReply, { sealed, request: authorization, client }: Consent) =>
    showSignIn(request, reply, context, { kind: 'authorize', sealed, request: authorization, client })

  const refusePerson = (request: FastifyRequest, reply: FastifyReply, consent: Consent, { identity }: Session) =>
    showNotAdmitted(
      request,
      reply,
      context,
      { kind: 'authorize', ...consent },
      identity,
      consent.resource.server?.name ?? 'any server here',
    )

  const refuseQuietly = (
    request: FastifyRequest,
    reply: FastifyReply,
    { client, request: { redirectUri, state }, session }: Consent,
    code: 'login_required' | 'consent_required',
  ) =>
    answerClient(
      request,
      reply,
      context,
      { client, redirectUri, state },
      session,
      new OAuthError(code, 'the person must be asked', { reason: `prompt_none_${code}` }),
    )
}
