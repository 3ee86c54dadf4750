import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface DocumentServer {
  /** `http://localhost:PORT`, or `https:` with a certificate. */
  readonly url: string
  readonly port: number
  /** Connections so far, whether anything was asked over them or not. */
  readonly connections: number
  /** Requests so far. */
  readonly requests: readonly { readonly url: string | undefined; readonly headers: NodeJS.Dict<string | string[]> }[]
  /** What it answers from now on: JSON, or whatever a listener does. */
  answer(what: RequestListener | object): void
  /** Connections are refused until the next call. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** A server of JSON documents on this machine. */
export async function startDocumentServer(tls?: { readonly key: string; readonly cert: string }): Promise<DocumentServer> {
  let listener: RequestListener = (_request, response) => response.writeHead(404).end()
  let server: Server | undefined
  let port = 0
  let connections = 0
  const requests: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = []

  const start = () =>
    new Promise<void>((done, reject) => {
      if (server?.listening) return done()
      const handle: RequestListener = (request, response) => {
        requests.push({ url: request.url, headers: request.headers })
        listener(request, response)
      }
      const started: Server = tls ? createTlsServer(tls, handle) : createServer(handle)
      server = started
      started.on('connection', () => connections++)
      started.on('error', reject).listen(port, 'localhost', () => {
        port = (started.address() as AddressInfo).port
        done()
      })
    })
  const stop = () =>
    new Promise<void>((done) => {
      if (!server?.listening) return done()
      server.close(() => done())
      server.closeAllConnections()
    })
  await start()
  return {
    get url() {
      return `${tls ? 'https' : 'http'}://localhost:${port}`
    },
    get port() {
      return port
    },
    get connections() {
      return connections
    },
    requests,
    answer: (what) => {
      listener = typeof what === 'function' ? (what as RequestListener) : json(what)
    },
    stop,
    start,
    close: stop,
  }
}

const json =
  (document: object): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
