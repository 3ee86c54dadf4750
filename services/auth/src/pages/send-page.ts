import type { FastifyReply } from 'fastify'
import { type Page, renderPage } from './layout.ts'
import { STYLE_SOURCE } from './style.ts'

/**
 * What every page of ours carries, refusals included. No `form-action`: Chromium holds it against every redirect that
 * follows a form, to the identity provider and to `claude://`. No Cross-Origin-Opener-Policy: web clients wait in the window
 * that opened this one.
 */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

export const sendPage = (reply: FastifyReply, status: number, page: Page): FastifyReply =>
  reply.code(status).headers(HEADERS).send(renderPage(page))
