import { mayUse, type Server } from '@gatehouse/servers'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ensureBrowser } from '../http/browser.ts'
import type { Params } from '../http/params.ts'
import { nowSeconds } from '../oauth/clock.ts'
import type { Identity } from '../oauth/identity.ts'
import type { Resource } from '../oauth/resource.ts'
import { chooseServerPage, personalTokenForm } from '../pages/personal-token-form.ts'
import { sendPage } from '../pages/send-page.ts'
import { type AccountContext, accountPaths, gatewayName } from './account-context.ts'
import { newFormKey } from './account-forms.ts'
import { placeOf } from './list-connections.ts'
import { choicesOf, chosenScopes, lifetimesUpTo, preferredLifetime, resourcesOf } from './token-wish.ts'

const names = (servers: readonly Server[], identity: Identity): string =>
  servers
    .filter((server) => mayUse(server, identity))
    .map(({ name }) => name)
    .join(', ')

/** Asks what a new token is for; what it may do there is the next page's question. */
export function showServerChoice(
  reply: FastifyReply,
  { config, resources }: Pick<AccountContext, 'config' | 'resources'>,
  identity: Identity,
): FastifyReply {
  const paths = accountPaths(config)
  const choices = resourcesOf(resources, identity).map(({ url, server, servers }) => ({
    label: server?.name ?? 'All your servers',
    detail: server ? url : `${names(servers, identity)}, and those that come later`,
    href: `${paths.newToken}?${new URLSearchParams({ resource: url })}`,
  }))
  return sendPage(reply, 200, chooseServerPage({ gateway: gatewayName(config), account: paths.account, choices }))
}

/** Asks for name, scopes and lifetime; again, with what was entered, when something was wrong. */
export function showTokenForm(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, resources, clock }: Pick<AccountContext, 'config' | 'resources' | 'clock'>,
  identity: Identity,
  resource: Resource,
  before?: { readonly params: Params; readonly fault: string },
): FastifyReply {
  const paths = accountPaths(config)
  const choices = choicesOf(resource, identity)
  const lifetimes = lifetimesUpTo(config.PERSONAL_TOKEN_MAX_DAYS)
  const days = Number(before?.params.days)
  const isAlone = resourcesOf(resources, identity).length === 1
  return sendPage(
    reply,
    before ? 400 : 200,
    personalTokenForm({
      gateway: gatewayName(config),
      actions: { make: paths.tokens, account: paths.account, chooseServer: isAlone ? undefined : paths.newToken },
      key: newFormKey(ensureBrowser(request, reply), 'make-token', identity.subject, nowSeconds(clock)),
      resource: { url: resource.url, label: placeOf(resources, resource.url) },
      choices,
      lifetimes,
      name: before?.params.name ?? '',
      chosen: before ? chosenScopes(before.params, choices) : [],
      days: lifetimes.includes(days) ? days : preferredLifetime(lifetimes),
      ...(before ? { fault: before.fault } : {}),
    }),
  )
}
