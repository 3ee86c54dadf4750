import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../oauth/error.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'

/** Seconds a client is told to wait while the store is away; reconnecting takes about that long. */
const RETRY_AFTER_SECONDS = '2'

/** What a failure looks like on the wire, whatever form (JSON, page, redirect) it is then given. */
export interface WireError {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly headers: Readonly<Record<string, string>>
  /** For the log and the metrics; never on the wire. */
  readonly reason: string
}

/** The only place that turns a thrown thing into an answer: a refusal, a fault (503), or a bug (500). */
export function toWireError(error: unknown): WireError {
  if (error instanceof OAuthError) {
    return { status: error.status, error: error.code, description: error.message, headers: error.headers, reason: error.reason }
  }
  if (error instanceof StoreUnavailableError) {
    return {
      status: 503,
      error: 'temporarily_unavailable',
      description: 'the gateway cannot reach its store; try again in a moment, your sign-in is kept',
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
      reason: 'store_unavailable',
    }
  }
  const status = (error as Partial<FastifyError>).statusCode
  if (status !== undefined && status >= 400 && status < 500) {
    // Fastify's own refusals: unreadable body, media type, size.
    return {
      status,
      error: 'invalid_request',
      description: describeStatus(status),
      headers: {},
      reason: (error as FastifyError).code ?? 'bad_request',
    }
  }
  return {
    status: 500,
    error: 'server_error',
    description: 'the gateway failed; the operator finds the cause in the log',
    headers: {},
    reason: 'bug',
  }
}

const describeStatus = (status: number): string => {
  if (status === 413) return 'the request body is too large'
  if (status === 415) return 'the content type is not one this endpoint takes'
  return 'the request could not be read'
}

/** Fastify's error handler for every endpoint that speaks JSON (RFC 6749 §5.2); pages have their own on top. */
export function jsonErrorHandler(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const wire = toWireError(error)
  logRefusal(request, wire, error)
  return reply
    .code(wire.status)
    .headers(wire.headers)
    .header('cache-control', 'no-store')
    .send({ error: wire.error, error_description: wire.description })
}

/** One line per refusal; bugs and faults with their cause. */
export function logRefusal(request: FastifyRequest, wire: WireError, error: unknown): void {
  const facts = {
    event: 'refused',
    method: request.method,
    route: request.routeOptions.url,
    status: wire.status,
    error: wire.error,
    reason: wire.reason,
  }
  if (wire.status >= 500) request.log.error({ ...facts, err: error }, wire.reason === 'bug' ? 'unexpected failure' : 'fault')
  else request.log.info(facts, 'refused')
}
