import type { FastifyReply, FastifyRequest } from 'fastify'
import { logRefusal, toWireError } from '../http/error-handler.ts'
import type { OAuthError } from '../oauth/error.ts'
import { redirectDestination } from '../oauth/redirect-uri.ts'
import { clientLabel } from '../pages/claims.ts'
import { errorPage, wayOn } from '../pages/error.ts'
import { sendPage } from '../pages/send-page.ts'
import type { Session } from '../store/session-store.ts'
import { destinationKey } from './approval-keys.ts'
import { type AuthorizeContext, gatewayName } from './authorize-context.ts'
import type { Asker } from './read-request.ts'
import { responseUrl } from './response-url.ts'

/**
 * Tells the client of a refusal: by redirect, or by a page with a link when that would make us an open redirector
 * (RFC 9700 §4.11.2; docs/adr/0004-errors-before-sign-in.md).
 */
export async function answerClient(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Pick<AuthorizeContext, 'config' | 'stores'>,
  asker: Asker,
  session: Session | undefined,
  error: OAuthError,
): Promise<FastifyReply> {
  const { config } = context
  logRefusal(request, toWireError(error), error)
  const answer = { error: error.code, error_description: error.message }
  const location = responseUrl(config.PUBLIC_URL, asker.redirectUri, asker.state, answer)
  if (await mayRedirect(context, asker, session)) {
    return reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(location, 303)
  }
  const { text } = redirectDestination(asker.redirectUri)
  return sendPage(
    reply,
    400,
    errorPage({
      gateway: gatewayName(config),
      title: 'The app asked for something that does not work',
      what: `“${clientLabel(asker.client)}” sent you here with a faulty request: ${error.message}.`,
      advice: `You can go back and let the app know. The link leads to ${text}.`,
      ways: [wayOn(location, `Return to ${text}`)],
      requestId: request.id,
    }),
  )
}

/** The operator's own clients, programs and apps on this device, and web sites that this person let in before. */
async function mayRedirect(
  { stores }: Pick<AuthorizeContext, 'stores'>,
  { client, redirectUri }: Asker,
  session: Session | undefined,
): Promise<boolean> {
  if (client.source === 'configured' || redirectDestination(redirectUri).kind !== 'web') return true
  return session !== undefined && (await stores.approvals.has(session.identity.subject, destinationKey(client, redirectUri)))
}
