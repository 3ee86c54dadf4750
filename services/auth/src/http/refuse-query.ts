import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../oauth/error.ts'

/** Route hook: credentials in a URL end up in logs. RFC 6749 §2.3.1: they "MUST NOT be included in the request URI". */
export const refuseQuery = async (request: FastifyRequest): Promise<void> => {
  if (!request.url.includes('?')) return
  throw new OAuthError('invalid_request', 'send the parameters in the body, not in the URL', { reason: 'query_parameters' })
}
