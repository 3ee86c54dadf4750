import type { Exchange } from './exchange.ts'
import { CORS } from './replies.ts'

const HEAD = Buffer.from('event: message\ndata: ')
const TAIL = Buffer.from('\n\n')
const COMMENT = Buffer.from(': keep-alive\n\n')

/** A response that is a stream of server-sent events. */
export interface EventStream {
  /** Sends one JSON-RPC message given in pieces. */
  send(pieces: readonly Buffer[]): void
  /** A comment, so that no proxy between closes a silent connection. */
  keepAlive(): void
  end(): void
  readonly closed: boolean
}

/** Starts the stream: the head leaves at once, so that a client sees that it is connected. */
export function openEventStream(exchange: Exchange, extra: readonly string[] = []): EventStream {
  const { res } = exchange
  if (!res.destroyed && !res.headersSent) {
    res.writeHead(200, [
      'Content-Type',
      'text/event-stream',
      'Cache-Control',
      'no-cache, no-transform',
      'X-Accel-Buffering',
      'no',
      'X-Request-Id',
      exchange.requestId,
      ...(exchange.fromBrowser ? CORS : []),
      ...extra,
    ])
    res.flushHeaders()
  }
  return {
    send(pieces) {
      if (res.destroyed || res.writableEnded) return
      res.cork()
      res.write(HEAD)
      for (const piece of pieces) res.write(oneLine(piece))
      res.write(TAIL)
      res.uncork()
    },
    keepAlive() {
      if (!res.destroyed && !res.writableEnded) res.write(COMMENT)
    },
    end() {
      if (!res.destroyed && !res.writableEnded) res.end()
    },
    get closed() {
      return res.destroyed || res.writableEnded
    },
  }
}

/** A bare carriage return would end the data line; valid JSON has it only as white space. */
function oneLine(piece: Buffer): Buffer {
  if (!piece.includes(0x0d)) return piece
  const copy = Buffer.from(piece)
  for (let at = copy.indexOf(0x0d); at >= 0; at = copy.indexOf(0x0d, at)) copy[at] = 0x20
  return copy
}
