import { EventEmitter } from 'node:events'
import type { HttpServer } from '@gatehouse/servers'
import type { Dispatcher, Pool } from 'undici'
import type { Exchange } from '../wire/exchange.ts'
import { Refusal } from '../wire/refusal.ts'
import { headersOf } from '../wire/replies.ts'
import { RPC } from '../wire/rpc-error.ts'
import { upstreamHeaders } from './request-headers.ts'
import { clientHeaders, isEventStream } from './response-headers.ts'
import { createSessionOwners } from './session-owners.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** Frameworks redirect `/mcp` to `/mcp/` and back; the body is at hand, so it is simply sent again. */
const MAX_REDIRECTS = 2

export interface UpstreamOptions {
  readonly server: HttpServer
  readonly callTimeoutMs: number
  /** Whether `x-auth-assertion` has been verified; else it is anybody's word and stays here. */
  readonly isVerified: boolean
  readonly clock: () => number
  /** @param failure - undefined when the server answered */
  readonly observe: (outcome: 'ok' | 'error' | 'timeout' | 'unreachable', startedAt: number) => void
}

/** An MCP server that is reached by HTTP itself: requests and answers stream through, in either direction. */
export interface Upstream {
  readonly server: HttpServer
  /** Why the last request failed to reach the server; undefined while all is well. */
  readonly failure: string | undefined
  /**
   * Answers the exchange with what the server answers. `body` is what was judged; absent for GET and DELETE.
   * @throws Refusal - as rejection, before anything was sent
   */
  forward(exchange: Exchange, owner: string, body: Buffer | undefined): Promise<void>
  close(): Promise<void>
}

/** Emits `abort` when it leaves early. What happened before somebody listens is only in `isGone`. */
class Client extends EventEmitter {
  isGone = false
}

export function createUpstream({ server, callTimeoutMs, isVerified, clock, observe }: UpstreamOptions): Upstream {
  const target = new URL(server.url)
  const connected = openPool(target.origin, {
    // As many as there are requests: every open event stream keeps one, and must not keep the others waiting.
    connections: null,
    connectTimeout: CONNECT_TIMEOUT_MS,
    headersTimeout: callTimeoutMs,
    // An event stream is silent as long as its server is.
    bodyTimeout: 0,
    pipelining: 1,
  })
  const owners = createSessionOwners()
  let failure: string | undefined

  const ask = async (exchange: Exchange, body: Buffer | undefined, client: Client): Promise<Dispatcher.ResponseData> => {
    let path = target.pathname + target.search
    for (let redirects = 0; ; redirects++) {
      const pool = await connected
      if (client.isGone) throw new Error('nobody waits for the answer')
      const answer = await pool.request({
        method: exchange.req.method === 'POST' || exchange.req.method === 'DELETE' ? exchange.req.method : 'GET',
        path,
        headers: upstreamHeaders(exchange.req.headers, isVerified, exchange.requestId, server.headers),
        body: body ?? null,
        signal: client,
      })
      const next = redirectPath(answer, new URL(path, target.origin))
      if (next === undefined || redirects === MAX_REDIRECTS) return answer
      await answer.body.dump()
      path = next
    }
  }

  return {
    server,
    get failure() {
      return failure
    },
    async forward(exchange, owner, body) {
      const { req, res } = exchange
      const session = req.headers['mcp-session-id']
      if (typeof session === 'string' && !owners.mayUse(session, owner)) {
        throw new Refusal(404, RPC.requestTimeout, 'Session not found', { reason: 'foreign_session' })
      }
      const startedAt = clock()
      // No AbortSignal and no pipeline(): either makes an error with a stack for every request that went well.
      const client = new Client()
      res.once('close', () => {
        client.isGone = !res.writableFinished
        if (client.isGone) client.emit('abort')
      })
      let answer: Dispatcher.ResponseData
      try {
        answer = await ask(exchange, body, client)
      } catch (error) {
        if (client.isGone) return
        const refusal = unreachable(server.name, error)
        const isLate = refusal.status === 504
        // A call that takes too long says nothing about the server; any person could make one.
        if (!isLate) failure = refusal.detail
        observe(isLate ? 'timeout' : 'unreachable', startedAt)
        throw refusal
      }
      failure = undefined
      checkStatus(server.name, answer)
      observe(answer.statusCode < 400 ? 'ok' : 'error', startedAt)
      const issued = answer.headers['mcp-session-id']
      if (typeof issued === 'string') owners.issued(issued, owner)
      if (req.method === 'DELETE' && typeof session === 'string' && answer.statusCode < 300) owners.ended(session)
      res.writeHead(answer.statusCode, headersOf(exchange, clientHeaders(answer.headers), []))
      if (isEventStream(answer.headers)) res.flushHeaders()
      // Whoever ends first ends the other; a broken stream is all that a client can be told now.
      answer.body.once('error', () => res.destroy())
      answer.body.pipe(res)
    },
    close: async () => (await connected).destroy(),
  }
}

/** Loads the library only where there is a server to reach: it takes 25 MB. */
async function openPool(origin: string, options: Pool.Options): Promise<Pool> {
  const { Pool } = await import('undici')
  return new Pool(origin, options)
}

/** 307 and 308 within the same origin keep method and body. */
function redirectPath(answer: Dispatcher.ResponseData, from: URL): string | undefined {
  const { location } = answer.headers
  if ((answer.statusCode !== 307 && answer.statusCode !== 308) || typeof location !== 'string') return undefined
  const to = URL.parse(location, from.href)
  return to !== null && to.host === from.host ? to.pathname + to.search : undefined
}

/** @throws Refusal 502 where the server's own sign-in or redirect would lead the gateway's client astray */
function checkStatus(name: string, answer: Dispatcher.ResponseData): void {
  const { statusCode } = answer
  const refused = statusCode === 401 || statusCode === 403 || statusCode === 407
  if (!refused && (statusCode < 300 || statusCode >= 400)) return
  answer.body.dump().catch(() => {})
  const sentence = refused
    ? `The server "${name}" refuses the gateway's own credentials.`
    : `The server "${name}" redirects elsewhere.`
  throw new Refusal(502, RPC.internalError, sentence, {
    reason: refused ? 'upstream_refused' : 'upstream_redirect',
    detail: `status ${statusCode}`,
  })
}

function unreachable(name: string, error: unknown): Refusal {
  const detail = error instanceof Error ? `${(error as NodeJS.ErrnoException).code ?? error.name}` : 'unknown'
  const late = detail === 'UND_ERR_HEADERS_TIMEOUT'
  return new Refusal(
    late ? 504 : 502,
    late ? RPC.requestTimeout : RPC.internalError,
    late ? `The server "${name}" did not answer in time.` : `The server "${name}" cannot be reached.`,
    { reason: late ? 'upstream_timeout' : 'upstream_unreachable', headers: ['Retry-After', '2'], detail },
  )
}
