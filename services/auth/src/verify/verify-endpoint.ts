import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { createTrustedProxies } from '../http/trusted-proxies.ts'
import { oauthAnswer, type VerifyAnswer, type VerifyRequest } from './answer.ts'
import { one, readHeaders } from './read-headers.ts'
import type { Verifier } from './verifier.ts'

/**
 * `GET /verify` on the internal listener: the question of Traefik's ForwardAuth, nginx's auth_request or Caddy's forward_auth.
 * Which server a request is for is told by X-Forwarded-Uri (Traefik, Caddy) or X-Original-URI (nginx), believed only from
 * TRUSTED_PROXIES by the address of the connection. No hook and no await on the way of a known token.
 */
export function verifyEndpoint(app: FastifyInstance, { config, log }: Pick<Context, 'config' | 'log'>, verifier: Verifier): void {
  const proxies = createTrustedProxies(config.TRUSTED_PROXIES)

  const answer = (request: IncomingMessage): VerifyAnswer | Promise<VerifyAnswer> => {
    const peer = request.socket.remoteAddress
    if (!proxies.trusts(peer)) {
      log.warn({ event: 'verify_untrusted', peer }, 'not a trusted proxy; see TRUSTED_PROXIES')
      return UNTRUSTED
    }
    const question = readQuestion(request)
    return question ? verifier.answer(question) : UNREADABLE
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/verify',
    handler: (request: FastifyRequest, reply: FastifyReply) => {
      const answered = answer(request.raw)
      if (answered instanceof Promise) answered.then((settled) => send(reply, settled))
      else send(reply, answered)
    },
  })
  methodNotAllowed(app, '/verify', ['GET'])
  answerBeforeFastify(app, answer, log)
}

/**
 * Answers a plain `GET /verify` before Fastify is asked, with the same answers: its router and its reply are a sixth of what a
 * known token costs. Everything else goes on to Fastify, and so does everything while the listener closes.
 */
function answerBeforeFastify(
  { server }: FastifyInstance,
  answer: (request: IncomingMessage) => VerifyAnswer | Promise<VerifyAnswer>,
  log: Context['log'],
): void {
  const fastify = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url !== '/verify' || request.method !== 'GET' || !server.listening) {
      for (const listener of fastify) listener(request, response)
      return
    }
    const answered = answer(request)
    if (answered instanceof Promise) answered.then((settled) => write(response, settled, log))
    else write(response, answered, log)
  })
}

/** Nobody above catches anything: an error in here would end the process. */
function write(response: ServerResponse, { status, headers, body }: VerifyAnswer, log: Context['log']): void {
  try {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
  } catch (error) {
    log.error({ event: 'verify_failed', err: error }, 'unexpected failure')
    response.writeHead(500, { 'content-length': 0 }).end()
  }
}

const UNTRUSTED = oauthAnswer(403, 'access_denied', 'this listener is for the reverse proxy alone')
const UNREADABLE = oauthAnswer(400, 'invalid_request', 'say in X-Forwarded-Uri or X-Original-URI, one of them, what is asked for')

function send(reply: FastifyReply, answer: VerifyAnswer): void {
  reply
    .code(answer.status)
    .headers(answer.headers)
    .send(answer.body === '' ? undefined : answer.body)
}

/** undefined when the proxy does not say which URI is meant, or says it twice: a client may have added the other one. */
function readQuestion({ headers, method = 'GET' }: IncomingMessage): VerifyRequest | undefined {
  const forwarded = headers['x-forwarded-uri']
  const original = headers['x-original-uri']
  const uri = forwarded ?? original
  if (typeof uri !== 'string' || (forwarded !== undefined && original !== undefined)) return undefined
  // Of the same proxy as the URI: the other one may be the client's.
  const told = forwarded === undefined ? headers['x-original-method'] : headers['x-forwarded-method']
  return {
    method: one(told) ?? method,
    uri,
    ...readHeaders(headers),
  }
}
