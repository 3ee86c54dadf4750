import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { OAuthError } from '../oauth/error.ts'

/**
 * Route hook for forms of ours: 403 when another site's page sends them, before the body is read. A page with
 * `Referrer-Policy: no-referrer` makes its own forms say `Origin: null` (Fetch §3.2), so `null` is believed together with
 * `Sec-Fetch-Site`, and without either the form's token decides.
 */
export const requireSameOrigin =
  (config: Pick<Config, 'publicOrigin' | 'isLoopback'>) =>
  async (request: FastifyRequest): Promise<void> => {
    const { origin, host, 'sec-fetch-site': site } = request.headers
    const isOwnSite = site === undefined || site === 'same-origin'
    // On this machine the gateway answers to every loopback name.
    const isOwnOrigin =
      origin === undefined ||
      origin === 'null' ||
      origin === config.publicOrigin ||
      (config.isLoopback && origin === `http://${host}`)
    if (isOwnSite && isOwnOrigin) return
    throw new OAuthError('invalid_request', 'another site sent this form', { reason: 'cross_origin_form', status: 403 })
  }
