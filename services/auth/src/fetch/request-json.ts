import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import type { DocumentUrl } from './document-url.ts'
import { FetchFault, refused, unavailable } from './fetch-fault.ts'
import type { FetchedJson } from './fetch-json.ts'
import type { ResolvedAddress } from './resolve-host.ts'

/** A document server needs a few hundred; some send the Content-Security-Policy of their whole site with everything. */
const HEADERS_LIMIT_BYTES = 16_384
/** RFC 8259 §11, and what ends in +json (RFC 6839 §3.1). */
const JSON_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.-]+\+json)\s*(?:;|$)/i

export interface RequestLimits {
  /** Fires when the time is over. */
  readonly signal: AbortSignal
  readonly maxBytes: number
}

/**
 * One GET on a connection of its own, to one of these addresses and no other.
 * @param isAllowed - asked once more about the address that the socket is connected to
 * @throws FetchFault
 */
export async function requestJson(
  url: DocumentUrl,
  addresses: readonly ResolvedAddress[],
  isAllowed: (address: string) => boolean,
  { signal, maxBytes }: RequestLimits,
): Promise<FetchedJson> {
  const outgoing = open(url, addresses)
  outgoing.on('socket', (socket) => watchSocket(socket, isAllowed, (fault) => outgoing.destroy(fault)))
  const stop = () => void outgoing.destroy(unavailable('too_slow'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const response = await answerOf(outgoing)
    checkHead(response, maxBytes)
    const body = await bodyOf(response, maxBytes)
    return { json: parse(body), cacheControl: response.headers['cache-control'], age: response.headers.age }
  } catch (error) {
    if (error instanceof FetchFault) throw error
    throw unavailable(signal.aborted ? 'too_slow' : 'unreachable', error)
  } finally {
    signal.removeEventListener('abort', stop)
    // Whatever still comes is not wanted, and nobody listens to what happens to it.
    outgoing.on('error', () => {}).destroy()
  }
}

function open(url: DocumentUrl, addresses: readonly ResolvedAddress[]): ClientRequest {
  const lookup: LookupFunction = (_host, options, done) => {
    const [first] = addresses
    if (options.all) done(null, [...addresses])
    else done(null, first?.address ?? '', first?.family ?? 4)
  }
  const options: RequestOptions = {
    method: 'GET',
    host: url.host,
    port: url.port,
    path: url.path,
    // A connection of its own: no pool, and no proxy that the environment names.
    agent: false,
    lookup,
    maxHeaderSize: HEADERS_LIMIT_BYTES,
    headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'Gatehouse' },
  }
  const start = url.isTls ? requestHttps : requestHttp
  return start(options).end()
}

/** Ends a connection to an address that was never resolved, before a byte of ours goes over it. */
export function watchSocket(socket: Socket, isAllowed: (address: string) => boolean, end: (fault: FetchFault) => void): void {
  const check = () => {
    if (!isAllowed(socket.remoteAddress ?? '')) end(refused('address_not_public'))
  }
  if (socket.connecting) socket.once('connect', check)
  else check()
}

const answerOf = (outgoing: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject)
    outgoing.on('upgrade', () => reject(refused('status')))
  })

function checkHead({ statusCode = 0, headers }: IncomingMessage, maxBytes: number): void {
  if (statusCode >= 300 && statusCode < 400) throw refused('redirect')
  if (statusCode === 404 || statusCode === 410) throw refused('gone')
  // 403 and 429 are what robot walls say to a server's address; the document behind them may be as it was.
  if (statusCode >= 500 || [401, 403, 408, 425, 429].includes(statusCode)) throw unavailable('status')
  if (statusCode !== 200) throw refused('status')
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw refused('media_type')
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') throw refused('encoded')
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw refused('too_large')
}

function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) {
        chunks.length = 0
        reject(refused('too_large'))
        response.destroy()
      } else chunks.push(chunk)
    })
    response.on('end', () => resolve(Buffer.concat(chunks)))
    response.on('error', reject)
    response.on('close', () => reject(unavailable('unreachable')))
  })
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw refused('not_json', cause)
  }
}
