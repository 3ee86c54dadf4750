import type { FastifyReply, FastifyRequest } from 'fastify'
import { type IdentityProvider, IdentityProviderError, type IdentityProviderFault } from '../identity/identity-provider.ts'
import { metricsOf } from '../metrics/metrics.ts'
import type { OAuthErrorCode } from '../oauth/error.ts'
import { errorPage, wayOn } from '../pages/error.ts'
import { sendPage } from '../pages/send-page.ts'
import { type AuthorizeContext, gatewayName } from './authorize-context.ts'
import type { Destination } from './show-sign-in.ts'
import { signInAgain, wayBack } from './ways.ts'

interface FaultText {
  readonly status: number
  readonly error: OAuthErrorCode
  readonly title: (label: string) => string
  readonly what: (label: string) => string
  readonly advice: string
  /** For the client. */
  readonly description: string
}

/** What people are told. Our words only: what a provider says goes to the log (RFC 9700 §4.11, CBK-04). */
const FAULTS: Readonly<Record<IdentityProviderFault, FaultText>> = {
  denied: {
    status: 403,
    error: 'access_denied',
    title: () => 'Not signed in',
    what: (label) => `${label} says that you did not allow this sign-in.`,
    advice: 'Sign in again if that was a mistake.',
    description: 'the person did not allow the sign-in at the identity provider',
  },
  rejected: {
    status: 502,
    error: 'server_error',
    title: (label) => `${label} did not sign you in`,
    what: (label) => `The answer of ${label} could not be used, so nobody was signed in.`,
    advice: 'Sign in again. If this keeps happening, the operator finds the cause in the log.',
    description: 'the answer of the identity provider could not be used',
  },
  unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    title: (label) => `${label} does not answer`,
    what: (label) => `${label} cannot be reached right now, so nobody can sign in with it.`,
    advice: 'Try again in a minute. Apps that are connected already go on working.',
    description: 'the identity provider does not answer',
  },
}

/** A sign-in that ended at the provider, as a page with ways on. @throws whatever is not an IdentityProviderError */
export function showProviderFault(
  request: FastifyRequest,
  reply: FastifyReply,
  context: AuthorizeContext,
  provider: IdentityProvider,
  destination: Destination,
  error: unknown,
): FastifyReply {
  if (!(error instanceof IdentityProviderError)) throw error
  const { status, error: code, title, what, advice, description } = FAULTS[error.fault]
  metricsOf(context.metrics).signIns.inc({ provider: provider.id, outcome: error.fault })
  const facts = { event: 'sign_in_refused', provider: provider.id, reason: `provider_${error.fault}`, status }
  if (error.fault === 'denied') request.log.info(facts, 'sign-in refused')
  else request.log.warn({ ...facts, err: error }, 'sign-in refused')
  if (status === 503) reply.header('retry-after', '30')
  return sendPage(
    reply,
    status,
    errorPage({
      gateway: gatewayName(context.config),
      title: title(provider.label),
      what: what(provider.label),
      advice,
      ways: [
        wayOn(signInAgain(context.config, destination), 'Try again', true),
        ...wayBack(context.config, destination, code, description),
      ],
      requestId: request.id,
    }),
  )
}
