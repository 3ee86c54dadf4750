import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { ensureBrowser } from '../http/browser.ts'
import { accountPaths } from './account-context.ts'
import { type Notice, noticeQuery } from './account-forms.ts'

/** Shown with the page again when its form came too late. */
export const STALE_FORM = { status: 400, fault: 'That page had been open for too long, so nothing was done. Please press again.' }

/** Ours are shorter; what anybody else writes behind a path of ours is not carried on in a header. */
const RETURN_TO_MAX_LENGTH = 512

/**
 * Where somebody goes who is not signed in (any more), and from there back to the account.
 * @param page - the page of it that was asked for, as a path with its query
 */
export function goToSignIn(reply: FastifyReply, config: Pick<Config, 'publicPath'>, page?: string): FastifyReply {
  const { signIn, account } = accountPaths(config)
  const target = page === undefined || page.length > RETURN_TO_MAX_LENGTH ? account : page
  return leave(reply, `${signIn}?${new URLSearchParams({ return_to: target })}`)
}

/** Back to the account after a form, so that reloading does not send it again. */
export function goBack(
  request: FastifyRequest,
  reply: FastifyReply,
  config: Pick<Config, 'publicPath'>,
  subject: string,
  notice: Notice,
): FastifyReply {
  const browser = ensureBrowser(request, reply)
  return leave(reply, `${accountPaths(config).account}${noticeQuery(browser, notice, subject)}`)
}

const leave = (reply: FastifyReply, location: string): FastifyReply =>
  reply.header('cache-control', 'no-store').redirect(location, 303)
