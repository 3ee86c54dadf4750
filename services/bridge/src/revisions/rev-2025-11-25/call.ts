import { type EventStream, openEventStream } from '../../wire/event-stream.ts'
import type { Exchange } from '../../wire/exchange.ts'
import type { Span } from '../../wire/json-scan.ts'
import { replyJsonBytes, replyJsonText, SMALL_BODY_BYTES } from '../../wire/replies.ts'
import { rpcErrorText } from '../../wire/rpc-error.ts'

/** One request of a client that the child has not answered. */
export interface Call {
  /** What the child sees as id and as progress token. */
  readonly id: number
  /** The client's own, as JSON: bytes read as latin1. */
  readonly idText: string
  readonly progressToken: string | undefined
  readonly method: string
  readonly exchange: Exchange
  readonly startedAt: number
  deadline: number
  /** Open once something had to be sent before the answer. */
  stream: EventStream | undefined
}

/** The client still listens; else what comes is dropped, and the call goes on: a lost connection cancels nothing. */
export const hasListener = (call: Call): boolean => !call.exchange.res.destroyed

/** Turns the pending response into a stream. @param headers - names and values in turn */
export function openStream(call: Call, headers: readonly string[]): EventStream {
  call.stream ??= openEventStream(call.exchange, headers)
  return call.stream
}

/** Passes the child's answer on: its bytes, with the client's id where ours stands. */
export function answerCall(call: Call, line: Buffer, id: Span, headers: readonly string[]): void {
  if (call.stream === undefined && line.length <= SMALL_BODY_BYTES) {
    const text = line.toString('latin1', 0, id.start) + call.idText + line.toString('latin1', id.end, line.length)
    replyJsonText(call.exchange, 200, text, 'latin1', headers)
    return
  }
  const pieces = [line.subarray(0, id.start), Buffer.from(call.idText, 'latin1'), line.subarray(id.end)]
  if (call.stream === undefined) replyJsonBytes(call.exchange, pieces, headers)
  else {
    call.stream.send(pieces)
    call.stream.end()
  }
}

/** Answers with an error of the bridge's own. */
export function failCall(call: Call, code: number, message: string): void {
  // The id was read as latin1, the message was not: back to bytes each in its own way.
  const text = Buffer.from(rpcErrorText('null', code, message))
  const marker = '{"jsonrpc":"2.0","id":'.length
  answerCall(call, text, { start: marker, end: marker + 'null'.length }, [])
}
