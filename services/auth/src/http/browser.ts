import { createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, randomSecret } from '../oauth/secret.ts'
import { readCookie, writeCookie } from './cookies.ts'

const COOKIE = '__Host-gatehouse-browser'

/**
 * The secret that only this browser has. Forms and sign-ins are bound to it, so that nobody finishes in one browser what
 * was begun in another (login CSRF, RFC 9700 §4.7). It says nothing about who the person is.
 */
export const readBrowser = (request: FastifyRequest): string | undefined => readCookie(request, COOKIE)

/** As readBrowser; a browser that has none gets one. Only for pages with a form. */
export function ensureBrowser(request: FastifyRequest, reply: FastifyReply): string {
  const known = readBrowser(request)
  if (known !== undefined) return known
  const fresh = randomSecret()
  writeCookie(reply, COOKIE, fresh)
  return fresh
}

/** What a form of ours carries, so that only the browser it was shown to can post it. @param purpose - what exactly it may do */
export const formToken = (browser: string, ...purpose: readonly string[]): string =>
  createHmac('sha256', browser).update(JSON.stringify(purpose)).digest('base64url')

/**
 * The browser that posted a form of ours.
 * @throws OAuthError `invalid_request`, 403, when it is not the browser, the purpose or the person the form was shown to
 */
export function requireForm(request: FastifyRequest, token: string | undefined, ...purpose: readonly string[]): string {
  const browser = readBrowser(request)
  if (browser === undefined) throw refuse('form_without_browser')
  if (token === undefined || !equalDigests(token, formToken(browser, ...purpose))) throw refuse('form_of_another_page')
  return browser
}

const refuse = (reason: string): OAuthError =>
  new OAuthError('invalid_request', 'this form was not shown to this browser', { reason, status: 403 })
