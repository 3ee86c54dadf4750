import type { FastifyReply, FastifyRequest } from 'fastify'
import { ensureBrowser, formToken } from '../http/browser.ts'
import type { Client } from '../oauth/client.ts'
import { resourceLabel } from '../pages/consent.ts'
import { sendPage } from '../pages/send-page.ts'
import { signInPage } from '../pages/sign-in.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { type AuthorizeContext, gatewayName, pathsOf } from './authorize-context.ts'

/** Where a sign-in leads: on with an authorization request, or to a page of ours. */
export type Destination =
  | { readonly kind: 'authorize'; readonly sealed: string; readonly request: AuthorizationRequest; readonly client: Client }
  | { readonly kind: 'page'; readonly path: string }

export interface SignInOptions {
  readonly status?: number
  /** Why the last attempt did not work. */
  readonly fault?: string
  /** The person wants another account than the one the provider would take by itself. */
  readonly chooseAccount?: boolean
}

/** Shows every way to sign in. Gives the browser its cookie, so that only it can post the form. */
export function showSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, resources, providers, passwordSignIn }: AuthorizeContext,
  destination: Destination,
  { status = 200, fault, chooseAccount = wantsToChoose(destination) }: SignInOptions = {},
): FastifyReply {
  const browser = ensureBrowser(request, reply)
  const isLoopback = config.isLoopback && passwordSignIn !== undefined
  return sendPage(
    reply,
    status,
    signInPage({
      gateway: gatewayName(config),
      action: pathsOf(config).signIn,
      hidden: {
        ...(destination.kind === 'authorize' ? { request: destination.sealed } : { return_to: destination.path }),
        ...(chooseAccount ? { choose_account: 'yes' } : {}),
        csrf: formToken(browser, 'sign-in'),
      },
      providers,
      hasPassword: passwordSignIn !== undefined,
      ...(isLoopback ? { passwordHint: 'The gateway printed it when it first started, unless OPERATOR_PASSWORD is set.' } : {}),
      ...(fault === undefined ? {} : { fault }),
      ...(destination.kind === 'authorize' ? { asker: describeAsker(destination, resources) } : {}),
      ...(isForDevice(destination, config) ? { purpose: 'to connect a device. You decide after signing in.' } : {}),
    }),
  )
}

/** Whether the person comes from the page for codes, maybe by a link or a QR code. */
const isForDevice = (destination: Destination, { publicPath }: Pick<AuthorizeContext['config'], 'publicPath'>): boolean =>
  destination.kind === 'page' && destination.path.split('?')[0] === `${publicPath}/device`

/** `prompt=login` and `select_account` are for a person who may be signed in at the provider as somebody else. */
const wantsToChoose = (destination: Destination): boolean =>
  destination.kind === 'authorize' &&
  destination.request.prompts.some((prompt) => prompt === 'login' || prompt === 'select_account')

function describeAsker(
  { request, client }: Extract<Destination, { kind: 'authorize' }>,
  resources: AuthorizeContext['resources'],
) {
  const resource = resources.byUrl(request.resource)
  return {
    client,
    redirectUri: request.redirectUri,
    resourceLabel: resource ? resourceLabel(resource) : request.resource,
  }
}
