import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRequestId, type Logger, nextRequestId } from '@gatehouse/runtime'
import { isStdioServer } from '@gatehouse/servers'
import { KeysUnavailableError } from '../assertion/assertion-keys.ts'
import { type Identity, localIdentity } from '../assertion/identity.ts'
import { AssertionError, type VerifyAssertion } from '../assertion/verify-assertion.ts'
import { pickRevision, type RevisionName } from '../revisions/pick-revision.ts'
import type { Caller, Revision } from '../revisions/revision.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Exchange } from '../wire/exchange.ts'
import { type Message, readMessage } from '../wire/read-message.ts'
import { Refusal } from '../wire/refusal.ts'
import { replyEmpty, replyJsonText } from '../wire/replies.ts'
import { RPC, rpcErrorText } from '../wire/rpc-error.ts'
import { checkContentType } from './check-content-type.ts'
import { checkMirroredHeaders } from './check-mirrored-headers.ts'
import { checkPolicy, checkPolicyWithoutBody } from './check-policy.ts'
import { preflightHeaders } from './cors.ts'
import { discardRest } from './discard-rest.ts'
import { readBody } from './read-body.ts'
import { pathOf, type Route } from './routes.ts'

export interface EndpointOptions {
  readonly routes: ReadonlyMap<string, Route>
  /** Undefined = AUTH=none: whoever reaches the listener is the person at this machine. */
  readonly verify: VerifyAssertion | undefined
  readonly isOriginAllowed: (origin: string) => boolean
  readonly isHostAllowed: (host: string | undefined) => boolean
  readonly maxBodyBytes: number
  readonly revisions: Readonly<Record<RevisionName, Revision>>
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly isClosing: () => boolean
  readonly log: Logger
  readonly refused: (reason: string) => void
}

/**
 * `/NAME/mcp`, every method: who calls, what may be read, what the operator allows, and only then the server. It owns
 * what must never be forgotten; a revision and an upstream see requests that have passed all of it.
 */
export function createEndpoint(options: EndpointOptions): (req: IncomingMessage, res: ServerResponse) => void {
  const { routes, verify, isOriginAllowed, isHostAllowed, maxBodyBytes, revisions, upstreams, isClosing, log } = options

  const identify = (exchange: Exchange, route: Route): Identity | Promise<Identity> => {
    const { headers } = exchange.req
    if (verify !== undefined) {
      const assertion = headers['x-auth-assertion']
      return verify(typeof assertion === 'string' ? assertion : undefined, route.resource)
    }
    if (!isHostAllowed(headers.host))
      throw new Refusal(421, RPC.invalidRequest, 'This Host is not served here.', { reason: 'host' })
    return localIdentity(route.server, route.resource)
  }

  const serve = (exchange: Exchange, route: Route, identity: Identity): void => {
    const { req } = exchange
    const { origin } = req.headers
    if (origin !== undefined && !isOriginAllowed(origin)) {
      throw new Refusal(403, RPC.originNotAllowed, 'This Origin may not use the gateway.', { reason: 'origin' })
    }
    switch (req.method) {
      case 'POST':
        checkContentType(req.headers['content-type'])
        readBody(
          req,
          maxBodyBytes,
          (body) => post(exchange, route, identity, body),
          (refusal) => refuse(exchange, refusal, route, identity),
        )
        break
      case 'GET':
      case 'DELETE':
        if (req.method === 'GET') checkPolicyWithoutBody(route.server, identity, route.resourceMetadata)
        withoutBody(exchange, route, identity, req.method)
        break
      default:
        throw new Refusal(405, RPC.invalidRequest, 'Use POST, GET or DELETE.', {
          reason: 'method',
          headers: ['Allow', 'GET, POST, DELETE, OPTIONS'],
        })
    }
  }

  const withoutBody = (exchange: Exchange, route: Route, identity: Identity, method: 'GET' | 'DELETE'): void => {
    if (isStdioServer(route.server)) {
      const caller: Caller = { server: route.server, owner: identity.owner, person: personOf(identity) }
      const revision = revisions['rev-2025-11-25']
      if (method === 'GET') revision.get(exchange, caller)
      else revision.delete(exchange, caller)
    } else forward(exchange, route, identity, undefined, 'null')
  }

  const post = (exchange: Exchange, route: Route, identity: Identity, body: Buffer): void => {
    let message: Message | undefined
    try {
      message = readMessage(body)
      checkMirroredHeaders(exchange.req.headers, message)
      if (isStdioServer(route.server)) {
        const revision = revisions[pickRevision(exchange.req.headers, message)]
        checkPolicy(route.server, identity, route.resourceMetadata, message)
        revision.post(exchange, { server: route.server, owner: identity.owner, person: personOf(identity) }, message)
      } else {
        checkPolicy(route.server, identity, route.resourceMetadata, message)
        forward(exchange, route, identity, message.bytes, message.idText)
      }
    } catch (error) {
      refuse(exchange, error, route, identity, message?.kind === 'request' ? message.idText : 'null')
    }
  }

  const forward = (exchange: Exchange, route: Route, identity: Identity, body: Buffer | undefined, idText: string): void => {
    const upstream = upstreams.get(route.server.name)
    if (upstream === undefined) throw new Error(`no upstream for ${route.server.name}`)
    upstream.forward(exchange, identity.owner, body).catch((error: unknown) => refuse(exchange, error, route, identity, idText))
  }

  const personOf = (identity: Identity): string | undefined => (verify === undefined ? undefined : identity.sub)

  /** Answers with an error and writes down why. @param idText - JSON, read as latin1 */
  const refuse = (exchange: Exchange, error: unknown, route?: Route, identity?: Identity, idText = 'null'): void => {
    const refusal = asRefusal(error, route)
    const { req, res, requestId } = exchange
    const facts = {
      event: 'refused',
      reason: refusal.reason,
      status: refusal.status,
      requestId,
      server: route?.server.name,
      sub: identity?.sub,
      method: req.method,
      detail: refusal.detail,
    }
    if (refusal.reason === 'internal_error') log.error({ ...facts, err: error }, 'request failed')
    else log.info(facts, 'request refused')
    options.refused(refusal.reason)
    if (res.headersSent) {
      res.destroy()
      return
    }
    const text = rpcErrorText('null', refusal.code, refusal.message, refusal.data)
    const body = text.replace('"id":null', () => `"id":${Buffer.from(idText, 'latin1').toString('utf8')}`)
    if (!req.complete) discardRest(req)
    replyJsonText(exchange, refusal.status, body, 'utf8', refusal.headers)
  }

  return (req, res) => {
    const { headers } = req
    const given = headers['x-request-id']
    const exchange: Exchange = {
      req,
      res,
      requestId: isRequestId(given) ? given : nextRequestId(),
      fromBrowser: headers.origin !== undefined,
      acceptsEvents: headers.accept?.includes('text/event-stream') ?? false,
    }
    let route: Route | undefined
    try {
      route = routes.get(pathOf(req.url))
      if (route === undefined)
        throw new Refusal(404, RPC.invalidRequest, 'There is no such server here.', { reason: 'unknown_server' })
      if (req.method === 'OPTIONS') {
        replyEmpty(exchange, 204, preflightHeaders(headers['access-control-request-headers']))
        return
      }
      if (isClosing())
        throw new Refusal(503, RPC.busy, 'The gateway is shutting down.', {
          reason: 'closing',
          headers: ['Retry-After', '2', 'Connection', 'close'],
        })
      const identity = identify(exchange, route)
      if (!(identity instanceof Promise)) {
        serve(exchange, route, identity)
        return
      }
      const known = route
      identity.then((found) => serve(exchange, known, found)).catch((error: unknown) => refuse(exchange, error, known))
    } catch (error) {
      refuse(exchange, error, route)
    }
  }
}

/**
 * Of an assertion whose signature holds. The edge hands it over at once, so between good clocks neither happens; the
 * caller's token is good, and a 401 would make the client throw it away.
 */
const CLOCK_REASONS: ReadonlySet<string> = new Set(['expired', 'from_the_future'])

function asRefusal(error: unknown, route: Route | undefined): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof AssertionError && CLOCK_REASONS.has(error.reason)) {
    return new Refusal(503, RPC.busy, 'The clocks of the gateway’s machines differ.', {
      reason: 'assertion_time',
      detail: error.reason,
      headers: ['Retry-After', '2'],
    })
  }
  if (error instanceof AssertionError) {
    return new Refusal(401, RPC.unauthenticated, 'The request carries no proof of who calls.', {
      reason: 'assertion',
      detail: error.reason,
      headers: route === undefined ? [] : ['WWW-Authenticate', `Bearer resource_metadata="${route.resourceMetadata}"`],
    })
  }
  if (error instanceof KeysUnavailableError) {
    return new Refusal(503, RPC.busy, 'The gateway cannot check who calls right now.', {
      reason: 'keys_unavailable',
      detail: error.message,
      headers: ['Retry-After', '2'],
    })
  }
  return new Refusal(500, RPC.internalError, 'Internal error', { reason: 'internal_error' })
}
