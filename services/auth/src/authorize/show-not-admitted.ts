import type { FastifyReply, FastifyRequest } from 'fastify'
import { metricsOf } from '../metrics/metrics.ts'
import type { Identity } from '../oauth/identity.ts'
import { errorPage, wayOn } from '../pages/error.ts'
import { html } from '../pages/html.ts'
import { personName } from '../pages/person-label.ts'
import { sendPage } from '../pages/send-page.ts'
import { type AuthorizeContext, gatewayName } from './authorize-context.ts'
import type { Destination } from './show-sign-in.ts'
import { signInAgain, wayBack } from './ways.ts'

/**
 * 403 for a person who is signed in at their provider, but not on a list here: which account it was, and what the operator
 * would have to write. @param server - the server whose own list it is; absent = ALLOWED_USERS
 */
export function showNotAdmitted(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, metrics }: AuthorizeContext,
  destination: Destination,
  identity: Identity,
  server?: string,
): FastifyReply {
  metricsOf(metrics).signIns.inc({ provider: identity.provider, outcome: 'not_admitted' })
  const reason = server === undefined ? 'not_on_allowed_users' : 'not_on_server_list'
  request.log.warn(
    { event: 'sign_in_refused', subject: identity.subject, login: identity.login, reason, server },
    'sign-in refused',
  )
  const rule = ruleFor(identity)
  const name = personName(identity)
  const place = server === undefined ? html`<code>ALLOWED_USERS</code>` : html`the <code>allow</code> list of <b>${server}</b>`
  return sendPage(
    reply,
    403,
    errorPage({
      gateway: gatewayName(config),
      title: 'You are not on the list',
      what: `You signed in as ${name}, and this account may not use ${server ?? 'this gateway'}.`,
      advice:
        rule === undefined
          ? html`<p class="soft">Ask the operator to add you. Your account has no verified e-mail address by which that could be done.</p>`
          : html`<p class="soft">Ask the operator to add <code>${rule}</code> to ${place}.</p>`,
      ways: [
        wayOn(signInAgain(config, destination, { chooseAccount: true }), 'Use another account', true),
        ...wayBack(config, destination, 'access_denied', 'this account may not use the gateway'),
      ],
      requestId: request.id,
    }),
  )
}

/** The rule (packages/servers) that would let exactly this person in. */
const ruleFor = ({ provider, login, email }: Identity): string | undefined => {
  if (provider === 'github' && login !== undefined) return `github:${login}`
  return email === undefined ? undefined : `email:${email}`
}
