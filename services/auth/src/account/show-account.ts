import type { FastifyReply, FastifyRequest } from 'fastify'
import { ensureBrowser, formToken } from '../http/browser.ts'
import { nowSeconds } from '../oauth/clock.ts'
import type { Identity } from '../oauth/identity.ts'
import { accountPage } from '../pages/account.ts'
import type { PersonalTokensView } from '../pages/account-tokens.ts'
import { sendPage } from '../pages/send-page.ts'
import { type AccountContext, accountPaths, gatewayName } from './account-context.ts'
import { type AccountForm, newFormKey } from './account-forms.ts'
import { type Connections, listConnections } from './list-connections.ts'
import { PERSONAL_TOKENS_LIMIT } from './make-personal-token.ts'

/** Shows what a person has connected, with fresh forms. @throws StoreUnavailableError */
export async function showAccount(
  request: FastifyRequest,
  reply: FastifyReply,
  context: AccountContext,
  identity: Identity,
  { status = 200, ...said }: { readonly status?: number; readonly notice?: string; readonly fault?: string } = {},
): Promise<FastifyReply> {
  const { config, clock } = context
  const connections = await listConnections(context, identity.subject)
  const browser = ensureBrowser(request, reply)
  const paths = accountPaths(config)
  const now = nowSeconds(clock)
  const keyFor = (form: AccountForm) => newFormKey(browser, form, identity.subject, now)
  const tokens = tokensOf(context, connections)
  return sendPage(
    reply,
    status,
    accountPage({
      gateway: gatewayName(config),
      identity,
      ...said,
      apps: {
        action: paths.disconnect,
        key: keyFor('disconnect'),
        apps: connections.apps,
        hidden: connections.hidden,
        now,
      },
      ...(tokens ? { tokens: { ...tokens, key: keyFor('revoke-token'), now } } : {}),
      signOut: { action: paths.signOut, token: formToken(browser, 'sign-out') },
      signOutEverywhere: { action: paths.signOutEverywhere, key: keyFor('sign-out-everywhere') },
    }),
  )
}

/** Where the operator allows no personal tokens, those that were made before can still be revoked. */
function tokensOf(
  { config }: Pick<AccountContext, 'config'>,
  { tokens }: Connections,
): Omit<PersonalTokensView, 'key' | 'now'> | undefined {
  const isOff = config.PERSONAL_TOKEN_MAX_DAYS === 0
  if (isOff && tokens.length === 0) return undefined
  const paths = accountPaths(config)
  const more = isOff ? 'off' : tokens.length >= PERSONAL_TOKENS_LIMIT ? 'full' : { href: paths.newToken }
  return { action: paths.revokeToken, tokens, more, limit: PERSONAL_TOKENS_LIMIT }
}
