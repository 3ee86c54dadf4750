import type { onRequestHookHandler } from 'fastify'
import { OAuthError } from '../oauth/error.ts'

/**
 * Route hook: 415 for a body of another media type than the endpoint's one, before it is read. Parameters such as
 * `charset` are fine (clients send them); a list of types is not one.
 */
export const requireMediaType =
  (type: 'application/json' | 'application/x-www-form-urlencoded'): onRequestHookHandler =>
  (request, _reply, done) => {
    const [essence = ''] = (request.headers['content-type'] ?? '').split(';')
    if (essence.trim().toLowerCase() === type) return done()
    throw new OAuthError('invalid_request', `send the body as ${type}`, { reason: 'media_type', status: 415 })
  }

/** A form of a page. */
export const isForm = requireMediaType('application/x-www-form-urlencoded')
