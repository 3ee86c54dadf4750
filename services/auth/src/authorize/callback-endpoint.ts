import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readBrowser } from '../http/browser.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { rawQuery, readParams } from '../http/params.ts'
import { createSessions } from '../http/sessions.ts'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { isAdmitted } from '../oauth/admission.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import type { SignInAttempt } from '../store/sign-in-store.ts'
import { createAuthorizationRequests } from './authorization-request.ts'
import { type AuthorizeContext, gatewayName } from './authorize-context.ts'
import { goOn } from './go-on.ts'
import { callbackUrl, PROVIDER_TIMEOUT_MS } from './provider-calls.ts'
import { readDestination } from './read-destination.ts'
import { showNotAdmitted } from './show-not-admitted.ts'
import { showProviderFault } from './show-provider-fault.ts'

/**
 * `/callback/:provider`: the browser comes back from an identity provider. The provider is asked only for a sign-in that
 * was begun here, in this browser, and is not over.
 */
export function callbackEndpoint(app: FastifyInstance, context: AuthorizeContext): void {
  const { config, stores, providers } = context
  const requests = createAuthorizationRequests(context)
  const sessions = createSessions(context)

  const finish = async (request: FastifyRequest, reply: FastifyReply, provider: IdentityProvider, query: string) => {
    const state = readParams(query).state
    const attempt = await claimAttempt(request, stores.signIns, provider, state)
    const { resume, codeVerifier, nonce } = attempt
    const params = resume.kind === 'authorize' ? { request: resume.sealedRequest } : { return_to: resume.path }
    const destination = await readDestination(params, context, requests)
    const login = { state: state ?? '', codeVerifier, nonce, redirectUri: callbackUrl(config, provider.id) }
    try {
      const signal = AbortSignal.timeout(PROVIDER_TIMEOUT_MS)
      const identity = await provider.completeLogin(login, new URLSearchParams(query), signal)
      if (!isAdmitted(config.ALLOWED_USERS, identity)) {
        return showNotAdmitted(request, reply, context, destination, identity)
      }
      await sessions.start(request, reply, identity)
      metricsOf(context.metrics).signIns.inc({ provider: provider.id, outcome: 'signed_in' })
      request.log.info({ event: 'signed_in', subject: identity.subject, provider: provider.id }, 'signed in')
      return goOn(reply, context, destination)
    } catch (error) {
      return showProviderFault(request, reply, context, provider, destination, error)
    }
  }

  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'callback') }
  app.get<{ Params: { provider: string } }>('/callback/:provider', options, async (request, reply) => {
    const provider = providers.find(({ id }) => id === request.params.provider)
    if (!provider) {
      throw new OAuthError('invalid_request', 'this way to sign in does not exist', { reason: 'provider_unknown', status: 404 })
    }
    return finish(request, reply, provider, rawQuery(request.url))
  })
  methodNotAllowed(app, '/callback/:provider', ['GET'], { isPage: true })
}

/**
 * The attempt of this state, taken once. Its browser is compared before it is taken, so that a stranger's browser cannot
 * spend it (login CSRF: RFC 9700 §4.7, CVE-2026-27124).
 * @throws OAuthError 400 for a state that is unknown, over or another provider's, 403 in another browser
 */
async function claimAttempt(
  request: FastifyRequest,
  signIns: AuthorizeContext['stores']['signIns'],
  provider: IdentityProvider,
  state: string | undefined,
): Promise<SignInAttempt> {
  const over = () => new OAuthError('invalid_request', 'this sign-in is over', { reason: 'callback_state' })
  if (state === undefined) throw over()
  const stateHash = sha256(state)
  const found = await signIns.find(stateHash)
  if (!found || found.provider !== provider.id) throw over()
  const browser = readBrowser(request)
  if (browser === undefined || !equalDigests(sha256(browser), found.browserHash)) {
    request.log.warn({ event: 'sign_in_refused', provider: provider.id, reason: 'other_browser' }, 'callback in another browser')
    throw new OAuthError('access_denied', 'this sign-in was begun in another browser', {
      reason: 'callback_of_another_browser',
    })
  }
  const taken = await signIns.take(stateHash)
  if (!taken) throw over()
  return taken
}
