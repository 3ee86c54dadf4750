import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { answerClient } from './answer-client.ts'
import { createAuthorizationRequests } from './authorization-request.ts'
import { type AuthorizeContext, gatewayName, pathsOf } from './authorize-context.ts'
import { checkPrompt, loginRequired } from './check-prompt.ts'
import { checkRedirectUri } from './check-redirect-uri.ts'
import { findClient } from './find-client.ts'
import { checkPushed } from './pushed-only.ts'
import { createPushedRequests, isPushedRequestUri } from './pushed-requests.ts'
import { readRequest } from './read-request.ts'
import { readState } from './read-state.ts'
import { showSignIn } from './show-sign-in.ts'
import { usableSession } from './usable-session.ts'

/**
 * `/authorize`, by GET and POST (OAuth 2.1 §3.1): judges the request and shows the way to sign in, or leads on to consent.
 * Stores nothing and needs no cookie, because clients ask once themselves before they open a browser.
 */
export function authorizeEndpoint(app: FastifyInstance, context: AuthorizeContext): void {
  const { config, clients, resources, clock } = context
  const requests = createAuthorizationRequests(context)
  const pushedRequests = createPushedRequests(context.stores, requests)
  const sessions = createSessions(context)

  const answer = async (request: FastifyRequest, reply: FastifyReply, params: Params, query: string) => {
    const client = await findClient(clients, params.client_id)
    // Beside a request_uri of ours nothing else counts (RFC 9126 §4).
    const pushed = isPushedRequestUri(params.request_uri) ? await pushedRequests.open(params.request_uri, client) : undefined
    const redirectUri = checkRedirectUri(client, pushed ? pushed.redirectUri : params.redirect_uri)
    const asker = { client, redirectUri, state: pushed ? pushed.state : readState(query) }
    const session = await sessions.find(request)
    try {
      const isSignedIn = session !== undefined
      if (pushed) checkPrompt(pushed.prompts.join(' '), isSignedIn)
      else checkPushed(client)
      const authorization = pushed ?? readRequest(params, asker, { resources, clock, isSignedIn })
      const usable = usableSession(authorization, session)
      if (authorization.prompts.includes('none') && !usable) throw loginRequired('prompt_none_with_old_session')
      const sealed = requests.seal(authorization)
      // A form on another site brings no cookies (SameSite); the redirect that follows does.
      if (request.method === 'POST' || usable) {
        return reply.header('cache-control', 'no-store').redirect(`${pathsOf(config).consent}?request=${sealed}`, 303)
      }
      return showSignIn(request, reply, context, { kind: 'authorize', sealed, request: authorization, client })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      return answerClient(request, reply, context, asker, session, error)
    }
  }

  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'authorize') }
  app.get('/authorize', options, async (request, reply) => {
    const query = rawQuery(request.url)
    return answer(request, reply, readParams(query, ['resource']), query)
  })
  app.post('/authorize', { ...options, onRequest: isForm }, async (request, reply) => {
    const params = request.body as Params
    return answer(request, reply, params, `state=${encodeURIComponent(params.state ?? '')}`)
  })
  methodNotAllowed(app, '/authorize', ['GET', 'POST'], { isPage: true })
}
