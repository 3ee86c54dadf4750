import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Auth, readHeaders } from '@gatehouse/auth'
import type { Bridge } from '@gatehouse/bridge'

/** Headers that only we may set toward a server, and those that are between the client and us (RFC 9700 §4.13). */
const isForUsAlone = (name: string): boolean =>
  name === 'authorization' ||
  name === 'dpop' ||
  name === 'proxy-authorization' ||
  name === 'cookie' ||
  name === 'x-request-id' ||
  name.replaceAll(/[._]/g, '-').startsWith('x-auth-')

/** What the edge asks the authorization server. */
interface EdgeAuth extends Pick<Auth, 'isKnownHost' | 'verifier'> {
  readonly resources: Pick<Auth['resources'], 'byPath'>
}

/**
 * What Traefik and ForwardAuth are in the compose stack: asks /verify's own function about every request to a server,
 * and hands it to the bridge with the identity assertion, all inside this process. Everything else goes to the
 * authorization server's public endpoints.
 */
export function createEdge(auth: EdgeAuth, bridge: Pick<Bridge, 'handle'>, publicEndpoints: RequestListener): RequestListener {
  return (request, response) => {
    const resource = request.method === 'OPTIONS' ? undefined : auth.resources.byPath(pathOf(request.url))
    if (resource === undefined) return publicEndpoints(request, response)
    if (!auth.isKnownHost(request.headers.host)) return publicEndpoints(request, response)
    const answer = auth.verifier.answer({
      method: request.method ?? 'GET',
      uri: request.url ?? '/',
      ...readHeaders(request.headers),
    })
    if (answer instanceof Promise) answer.then((settled) => proceed(settled, request, response, bridge))
    else proceed(answer, request, response, bridge)
  }
}

type Answer = Awaited<ReturnType<Auth['verifier']['answer']>>

function proceed(answer: Answer, request: IncomingMessage, response: ServerResponse, bridge: Pick<Bridge, 'handle'>): void {
  if (answer.status !== 200) {
    response.writeHead(answer.status, { ...answer.headers, ...corsHeaders(request) }).end(answer.body)
    return
  }
  for (const name of Object.keys(request.headers)) if (isForUsAlone(name)) delete request.headers[name]
  request.headers['x-auth-assertion'] = answer.headers['x-auth-assertion']
  request.headers['x-request-id'] = answer.headers['x-request-id']
  // For the client's next proof; with Traefik in front it learns of it by a refusal (docs/adr/0013-nonces-of-proofs.md).
  const nonce = answer.headers['dpop-nonce']
  if (nonce !== undefined) response.setHeader('DPoP-Nonce', nonce)
  bridge.handle(request, response)
}

/** Browsers must be able to read a refusal, or they cannot start the sign-in. */
const corsHeaders = (request: IncomingMessage): Record<string, string> =>
  request.headers.origin === undefined
    ? {}
    : { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce' }

const pathOf = (url = '/'): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
