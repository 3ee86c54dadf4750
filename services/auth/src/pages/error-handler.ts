import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { weightOf } from '../http/accept.ts'
import { jsonErrorHandler, logRefusal, toWireError } from '../http/error-handler.ts'
import { errorPage } from './error.ts'
import { errorText } from './error-texts.ts'
import { sendPage } from './send-page.ts'

/**
 * Error handler of the endpoints that people see: a page. Programs that ask /authorize before they open a browser get JSON
 * when they say that they prefer it.
 */
export const pageErrorHandler =
  (gateway: string) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (prefersJson(request.headers.accept)) return jsonErrorHandler(error, request, reply)
    const wire = toWireError(error)
    logRefusal(request, wire, error)
    return sendPage(reply.headers(wire.headers), wire.status, errorPage({ gateway, ...errorText(wire), requestId: request.id }))
  }

/** Whether an Accept header names JSON and either no HTML or JSON with more weight (RFC 9110 §12.5.1). */
function prefersJson(accept: string | undefined): boolean {
  const json = weightOf(accept, 'application/json')
  return json > 0 && json > weightOf(accept, 'text/html')
}
