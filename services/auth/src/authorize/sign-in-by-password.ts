import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../http/sessions.ts'
import { PasswordQueueFullError, type PasswordSignIn } from '../identity/password.ts'
import { metricsOf } from '../metrics/metrics.ts'
import type { AuthorizeContext } from './authorize-context.ts'
import { goOn } from './go-on.ts'
import { createPasswordThrottle, THROTTLE_WINDOW_SECONDS } from './password-throttle.ts'
import { type Destination, showSignIn } from './show-sign-in.ts'

const MINUTES = THROTTLE_WINDOW_SECONDS / 60

/** Signs the operator in, or shows the form again with a sentence. Attempts are counted before they are judged. */
export async function signInByPassword(
  request: FastifyRequest,
  reply: FastifyReply,
  context: AuthorizeContext & { readonly passwordSignIn: PasswordSignIn; readonly sessions: Sessions },
  destination: Destination,
  password: string,
): Promise<FastifyReply> {
  const { signIns } = metricsOf(context.metrics)
  const throttle = createPasswordThrottle(context.stores.throttles)
  const refuse = (status: number, reason: string, fault: string): FastifyReply => {
    signIns.inc({ provider: 'password', outcome: reason })
    request.log.info({ event: 'sign_in_refused', provider: 'password', reason, status, ip: request.ip }, 'sign-in refused')
    return showSignIn(request, reply, context, destination, { status, fault })
  }
  if (!(await throttle.allows(request.ip))) {
    reply.header('retry-after', String(THROTTLE_WINDOW_SECONDS))
    return refuse(429, 'throttled', `Too many wrong passwords. Try again in ${MINUTES} minutes.`)
  }
  try {
    const identity = await context.passwordSignIn.verify(password)
    if (!identity) return refuse(401, 'wrong_password', 'That is not the password. Try again.')
    await throttle.forget(request.ip)
    await context.sessions.start(request, reply, identity)
    signIns.inc({ provider: 'password', outcome: 'signed_in' })
    request.log.info({ event: 'signed_in', subject: identity.subject, provider: 'password' }, 'signed in')
    return goOn(reply, context, destination)
  } catch (error) {
    if (!(error instanceof PasswordQueueFullError)) throw error
    reply.header('retry-after', '5')
    return refuse(429, 'password_queue_full', 'Too many sign-ins at this moment. Try again in a few seconds.')
  }
}
