import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createJudge, type Observed, readOpenapi } from './described.ts'

export interface Observation {
  /** What the document does not say, each once. */
  readonly faults: ReadonlySet<string>
  /** `METHOD /path STATUS`, as in the document, of every answer so far. */
  readonly seen: ReadonlySet<string>
}

/** One for all gateways of a test run: it compiles schemas as they are needed. */
let shared: ReturnType<typeof createJudge> | undefined
const sharedJudge = () => (shared ??= createJudge(readOpenapi()))

export interface Listener {
  /** What PUBLIC_URL has after the host. */
  readonly publicPath?: string
  readonly isInternal?: boolean
}

/** Holds every answer of a listener against docs/openapi.json, whoever asks. */
export function observe(server: Server, { publicPath = '', isInternal = false }: Listener = {}): Observation {
  const judge = sharedJudge()
  const faults = new Set<string>()
  const seen = new Set<string>()
  const judgeAnswer = (answer: Observed) => {
    const place = judge.find(answer.method, answer.path)
    // What stands nowhere in the document is the business of the test that walks the routes; a 500 is a bug of ours.
    if (place === undefined || answer.status === 500) return
    if (place.operation.tags.includes('internal') !== isInternal) return
    seen.add(`${place.method} ${place.path} ${answer.status}`)
    for (const fault of judge.faults(place, answer)) faults.add(fault)
  }
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    const { method = 'GET', url = '/' } = request
    const path = pathOf(url, publicPath)
    if (path === undefined) return
    const sent = new Map<string, unknown>()
    record(response, chunks, sent)
    response.on('finish', () => {
      const headers: Record<string, unknown> = { ...response.getHeaders(), ...Object.fromEntries(sent) }
      judgeAnswer({
        method,
        path,
        status: response.statusCode,
        contentType: headers['content-type'] === undefined ? undefined : String(headers['content-type']),
        headers,
        text: Buffer.concat(chunks).toString('utf8'),
      })
    })
  })
  return { faults, seen }
}

/** As in the document; undefined beside PUBLIC_URL. */
function pathOf(url: string, publicPath: string): string | undefined {
  const [path = '/'] = url.split('?')
  if (path.startsWith('/.well-known/')) return path
  if (!`${path}/`.startsWith(`${publicPath}/`)) return undefined
  return (path.slice(publicPath.length) || '/').replace(/(?<=\/mcp)\/$/, '')
}

/** As Node takes them: an object, or names and values in turn. */
const pairsOf = (headers: object): (readonly [string, unknown])[] =>
  Array.isArray(headers)
    ? headers.flatMap((name: unknown, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : []))
    : Object.entries(headers)

/** Copies what is written, whichever way it is, and the headers that go straight to `writeHead`. */
function record(response: ServerResponse, chunks: Buffer[], sent: Map<string, unknown>): void {
  const { write, end, writeHead } = response
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string))
  }
  response.write = ((chunk: unknown, ...rest: unknown[]) => {
    keep(chunk)
    return Reflect.apply(write, response, [chunk, ...rest])
  }) as typeof write
  response.end = ((chunk: unknown, ...rest: unknown[]) => {
    keep(chunk)
    return Reflect.apply(end, response, [chunk, ...rest])
  }) as typeof end
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    const headers = rest.at(-1)
    if (typeof headers === 'object' && headers !== null) {
      for (const [name, value] of pairsOf(headers)) if (value !== undefined) sent.set(name.toLowerCase(), value)
    }
    return Reflect.apply(writeHead, response, [status, ...rest])
  }) as typeof writeHead
}
