import type { FastifyRequest } from 'fastify'
import { formToken, readBrowser, requireForm } from '../http/browser.ts'
import type { Params } from '../http/params.ts'
import { equalDigests, randomSecret } from '../oauth/secret.ts'
import type { FormKey } from '../pages/account-form.ts'

/** A page of the account that was open longer does nothing any more: somebody else may sit before it. */
export const ACCOUNT_FORM_TTL_SECONDS = 900
/** Makes each page's forms its own, so that one is answered once where that matters. */
const STAMP_BYTES = 16

/** What a form does. */
export type AccountForm = 'disconnect' | 'sign-out-everywhere' | 'make-token' | 'revoke-token'

/** Binds a form to the browser and the person it is shown to, and to now. */
export function newFormKey(browser: string, form: AccountForm, subject: string, now: number): FormKey {
  const stamp = `${now}.${randomSecret(STAMP_BYTES)}`
  return { stamp, csrf: formToken(browser, 'account', form, subject, stamp) }
}

/**
 * Whether a form was shown a short while ago; one of an older page is no attack, but does nothing.
 * @throws OAuthError `invalid_request`, 403, when it was not shown to this browser and this person, or for something else
 */
export function requireAccountForm(
  request: FastifyRequest,
  params: Params,
  form: AccountForm,
  subject: string,
  now: number,
): { readonly isFresh: boolean; readonly stamp: string } {
  const { stamp = '', csrf } = params
  requireForm(request, csrf, 'account', form, subject, stamp)
  const age = now - Number.parseInt(stamp, 10)
  return { isFresh: age >= 0 && age <= ACCOUNT_FORM_TTL_SECONDS, stamp }
}

const NOTICES = {
  disconnected: 'Disconnected.',
  'was-disconnected': 'That was disconnected before.',
  revoked: 'The token is revoked.',
  'was-revoked': 'That token had ended before.',
} as const

/** What was done before a redirect back to the account. */
export type Notice = keyof typeof NOTICES

/** The query that shows a notice to this browser and this person; nobody else can make the page say it. */
export const noticeQuery = (browser: string, notice: Notice, subject: string): string =>
  `?${new URLSearchParams({ done: notice, proof: formToken(browser, 'account-notice', notice, subject) })}`

export function readNotice(request: FastifyRequest, { done, proof }: Params, subject: string): string | undefined {
  const browser = readBrowser(request)
  if (browser === undefined || done === undefined || proof === undefined || !isNotice(done)) return undefined
  return equalDigests(proof, formToken(browser, 'account-notice', done, subject)) ? NOTICES[done] : undefined
}

const isNotice = (text: string): text is Notice => Object.hasOwn(NOTICES, text)
