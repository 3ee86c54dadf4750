import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'

export interface HttpRequest {
  readonly method?: string
  /** Sent as they are, several values as several lines; nothing is added but Host and Content-Length. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Buffer
  readonly timeoutMs?: number
}

export interface HttpResponse {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON. @throws SyntaxError with the start of the body */
  json(): Record<string, unknown>
}

/** Nothing that a test asks for takes longer, unless it hangs. */
const DEFAULT_TIMEOUT_MS = 10_000

/**
 * One request as written: no redirect is followed, no header invented, no cookie kept. `fetch` cannot do that (it owns
 * Sec-Fetch-*, follows redirects and hides Set-Cookie lines). `*.localhost` leads to this machine, as in browsers.
 */
export async function send(url: URL | string, options: HttpRequest = {}): Promise<HttpResponse> {
  const target = new URL(url)
  const response = await open(target, options)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return {
    url: target,
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: () => {
      try {
        return JSON.parse(text) as Record<string, unknown>
      } catch {
        throw new SyntaxError(`not JSON (${response.statusCode} from ${target.pathname}): ${text.slice(0, 300)}`)
      }
    },
  }
}

/** As `send`, but hands the response over once its head is there; for streams. */
export function open(target: URL, options: HttpRequest = {}): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : [...value]
  }
  if (options.body !== undefined && !hasHeader(headers, 'content-length') && !hasHeader(headers, 'transfer-encoding')) {
    headers['content-length'] = String(Buffer.byteLength(options.body))
  }
  const start = target.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const outgoing = start(target, {
      method: options.method ?? 'GET',
      headers,
      // A connection of its own: one that was kept could lead to a gateway that has been restarted.
      agent: false,
      signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      ...(target.hostname.endsWith('.localhost') ? { lookup: thisMachine } : {}),
    })
    outgoing.on('response', resolve).on('error', reject).end(options.body)
  })
}

const thisMachine: LookupFunction = (_host, options, done) => {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}

const hasHeader = (headers: object, wanted: string) => Object.keys(headers).some((name) => name.toLowerCase() === wanted)

/** A form body with its media type. */
export const form = (fields: Readonly<Record<string, string | undefined>>): Required<Pick<HttpRequest, 'body' | 'headers'>> => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: encodeForm(fields),
})

export const encodeForm = (fields: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString()

/** A JSON body with its media type. */
export const json = (value: unknown): Required<Pick<HttpRequest, 'body' | 'headers'>> => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
