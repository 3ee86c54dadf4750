import type { onRequestHookHandler } from 'fastify'
import { OAuthError } from '../oauth/error.ts'

/** Route hook: credentials in a URL end up in logs. RFC 6749 §2.3.1: they "MUST NOT be included in the request URI". */
export const refuseQuery: onRequestHookHandler = (request, _reply, done) => {
  if (!request.url.includes('?')) return done()
  throw new OAuthError('invalid_request', 'send the parameters in the body, not in the URL', { reason: 'query_parameters' })
}
