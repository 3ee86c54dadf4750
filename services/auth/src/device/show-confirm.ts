import { mayUse } from '@gatehouse/servers'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AuthorizeContext, gatewayName } from '../authorize/authorize-context.ts'
import { signInAgain } from '../authorize/ways.ts'
import { ensureBrowser, formToken } from '../http/browser.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { neighbourhood } from '../oauth/network.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'
import { deviceConfirmPage } from '../pages/device-confirm.ts'
import { scopeChoices } from '../pages/scope-choices.ts'
import { sendPage } from '../pages/send-page.ts'
import type { Session } from '../store/session-store.ts'
import { deviceUrls } from './device-grant.ts'
import type { Device } from './find-device.ts'

/** Asks the person about one device. The form is for this browser, this code and this person. */
export function showConfirm(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, clock }: Pick<AuthorizeContext, 'config' | 'clock'>,
  { userCode, authorization, client, resource }: Device,
  { identity }: Session,
  fault?: string,
): FastifyReply {
  const browser = ensureBrowser(request, reply)
  const { scopes, startedAt, network } = authorization
  const action = `${config.publicPath}/device`
  const servers = resource.servers.filter((server) => mayUse(server, identity)).map(({ name }) => name)
  const ofResource = scopes.filter((scope) => !OPENID_SCOPES.includes(scope))
  const here = { kind: 'page', path: `${action}?user_code=${userCode}` } as const
  return sendPage(
    reply,
    fault === undefined ? 200 : 400,
    deviceConfirmPage({
      gateway: gatewayName(config),
      action,
      token: formToken(browser, 'device', userCode, identity.subject),
      userCode,
      address: deviceUrls(config, userCode).complete,
      client,
      resource,
      servers,
      identity,
      useAnotherAccount: signInAgain(config, here, { chooseAccount: true }),
      choices: scopeChoices(resource, ofResource, servers),
      sharesProfile: scopes.some((scope) => OPENID_SCOPES.includes(scope)),
      started: {
        at: startedAt,
        now: nowSeconds(clock),
        from: config.isLoopback ? 'on this very machine' : `from the network ${network}`,
        // Only ever a reason for doubt: that two addresses look alike, behind a proxy for one, proves nothing.
        isElsewhere: !config.isLoopback && neighbourhood(request.ip) !== network,
      },
      ...(fault === undefined ? {} : { fault }),
    }),
  )
}
