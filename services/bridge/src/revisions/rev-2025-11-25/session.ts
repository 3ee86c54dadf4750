import { type Child, type ChildEnd, type ChildOptions, EARLY_DEATH_MS } from '../../child/index.ts'
import { numberAt, readChildLine } from '../../wire/child-line.ts'
import { type EventStream, openEventStream } from '../../wire/event-stream.ts'
import type { Exchange } from '../../wire/exchange.ts'
import type { Span } from '../../wire/json-scan.ts'
import type { Message } from '../../wire/read-message.ts'
import { Refusal } from '../../wire/refusal.ts'
import { replyEmpty, SMALL_BODY_BYTES } from '../../wire/replies.ts'
import { RPC, rpcErrorText } from '../../wire/rpc-error.ts'
import { inOrder, spliceLine } from '../../wire/splice.ts'
import type { Caller } from '../revision.ts'
import { answerCall, type Call, failCall, hasListener, openStream } from './call.ts'
import { describeEnd } from './describe-end.ts'
import { HeldResponses } from './held-responses.ts'
import { Outbox } from './outbox.ts'

/** What a child may have unread before calls for it are refused. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024
const MAX_CALLS = 5_000
/** A question of the server that no client stream came for; answered with an error, so that the server can go on. */
const UNDELIVERED_MS = 60_000
/** A call this old gets a stream, if the client takes one, for comments that keep the connection alive. */
const QUIET_MS = 15_000

export type Outcome = 'ok' | 'error' | 'timeout' | 'crashed' | 'cancelled' | 'ended'

/** What a session tells those around it. */
export interface SessionEvents {
  callFinished(method: string, outcome: Outcome, startedAt: number): void
  junk(line: Buffer): void
  /** The child ended by itself. `afterMs` is since its start; `initialized` = it had answered `initialize`. */
  crashed(end: ChildEnd, afterMs: number, initialized: boolean): void
  /** No request reaches the session any more; its child is on its way out. */
  ended(): void
}

export interface SessionOptions {
  readonly id: string
  readonly caller: Caller
  readonly callTimeoutMs: number
  readonly clock: () => number
  readonly start: (on: Pick<ChildOptions, 'onLine' | 'onEnd'>) => Child
  readonly events: SessionEvents
}

/**
 * One client's session with a child of its own. The child sees ids and progress tokens that the session numbers itself,
 * so whatever a client sends twice, each call gets its own answer. Messages pass as bytes.
 */
export class Session {
  readonly id: string
  readonly caller: Caller
  readonly startedAt: number
  lastUsedAt: number
  readonly #options: SessionOptions
  readonly #child: Child
  readonly #calls = new Map<number, Call>()
  readonly #outbox = new Outbox()
  readonly #held: HeldResponses
  #nextId = 1
  #listening: { readonly stream: EventStream; readonly exchange: Exchange } | undefined
  #state: 'starting' | 'open' | 'ended' = 'starting'

  constructor(options: SessionOptions) {
    this.#options = options
    this.id = options.id
    this.caller = options.caller
    this.startedAt = options.clock()
    this.lastUsedAt = this.startedAt
    this.#child = options.start({ onLine: (line) => this.#onLine(line), onEnd: (end) => this.#onEnd(end) })
    this.#held = new HeldResponses(
      () => this.#child.pause(),
      () => this.#child.resume(),
    )
  }

  /** Nothing in flight and nobody listening. */
  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#listening === undefined
  }

  get callsInFlight(): number {
    return this.#calls.size
  }

  /** @throws Refusal when it cannot be passed on */
  post(exchange: Exchange, message: Message): void {
    this.lastUsedAt = this.#options.clock()
    if (this.#child.waitingBytes > MAX_WAITING_BYTES) {
      throw busy(503, 'child_not_reading', `The server "${this.caller.server.name}" does not keep up with what it is sent.`)
    }
    if (message.kind === 'request') this.#call(exchange, message)
    else if (message.method === 'notifications/cancelled') this.#cancel(exchange, message)
    else {
      this.#child.write(spliceLine(message.bytes, []))
      replyEmpty(exchange, 202)
    }
  }

  /** Opens the stream for what the server sends by itself. @throws Refusal 409 while there is one */
  listen(exchange: Exchange): void {
    this.lastUsedAt = this.#options.clock()
    if (this.#listening !== undefined && !this.#listening.stream.closed) {
      throw new Refusal(409, RPC.invalidRequest, 'This session has its stream already.', { reason: 'second_stream' })
    }
    const listening = { stream: openEventStream(exchange), exchange }
    this.#listening = listening
    exchange.res.once('close', () => {
      if (this.#listening === listening) this.#listening = undefined
      this.lastUsedAt = this.#options.clock()
    })
    for (const { line } of this.#outbox.take()) listening.stream.send([line])
    this.#held.check(exchange.res, this.lastUsedAt)
  }

  /** Ends the session and its child; calls in flight fail with the sentence. */
  end(sentence: string): void {
    this.#finish(RPC.internalError, sentence, 'ended')
    void this.#child.stop()
  }

  /** Once a second or so: late calls, undeliverable questions, stalled readers. */
  tick(now: number): void {
    for (const call of this.#calls.values()) if (now >= call.deadline) this.#timeOut(call, now)
    for (const { requestId } of this.#outbox.takeRequestsBefore(now - UNDELIVERED_MS)) this.#refuseChild(requestId)
    this.#held.dropStalled(now)
  }

  /** Every fifteen seconds: comments on quiet streams. */
  keepAlive(now: number): void {
    this.#listening?.stream.keepAlive()
    for (const call of this.#calls.values()) {
      if (!hasListener(call)) continue
      if (call.stream !== undefined) call.stream.keepAlive()
      else if (call.exchange.acceptsEvents && now - call.startedAt >= QUIET_MS) openStream(call, this.#headers(call)).keepAlive()
    }
  }

  #call(exchange: Exchange, message: Message): void {
    if (this.#calls.size >= MAX_CALLS) throw busy(429, 'calls_per_session', 'Too many calls of this session are in flight.')
    const { id: idSpan, progressToken: token, bytes } = message
    if (idSpan === undefined) throw new Error('a request without id')
    const id = this.#nextId++
    const now = this.#options.clock()
    this.#calls.set(id, {
      id,
      idText: message.idText,
      progressToken: token && bytes.toString('latin1', token.start, token.end),
      method: message.method,
      exchange,
      startedAt: now,
      deadline: now + this.#options.callTimeoutMs,
      stream: undefined,
    })
    const text = String(id)
    const idEdit = { start: idSpan.start, end: idSpan.end, text }
    this.#child.write(
      spliceLine(bytes, token === undefined ? [idEdit] : inOrder(idEdit, { start: token.start, end: token.end, text })),
    )
  }

  /** The newest call with that id; a cancellation of what has been answered is dropped, as the protocol wants. */
  #cancel(exchange: Exchange, message: Message): void {
    const { requestId, bytes } = message
    const wanted = requestId && bytes.toString('latin1', requestId.start, requestId.end)
    let call: Call | undefined
    for (const candidate of this.#calls.values())
      if (candidate.idText === wanted && candidate.method !== 'initialize') call = candidate
    if (call !== undefined && requestId !== undefined) {
      this.#child.write(spliceLine(bytes, [{ start: requestId.start, end: requestId.end, text: String(call.id) }]))
      this.#close(call, 'cancelled')
      failCall(call, RPC.cancelled, 'The call was cancelled.')
    }
    replyEmpty(exchange, 202)
  }

  #timeOut(call: Call, now: number): void {
    const seconds = Math.round(this.#options.callTimeoutMs / 100) / 10
    const sentence = `The server "${this.caller.server.name}" did not answer within ${seconds} s.`
    if (call.method === 'initialize') {
      this.#finish(RPC.requestTimeout, sentence, 'timeout')
      void this.#child.stop()
      return
    }
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: call.id, reason: 'timeout' } }
    this.#child.write(Buffer.from(`${JSON.stringify(cancelled)}\n`))
    this.#close(call, 'timeout')
    failCall(call, RPC.requestTimeout, sentence)
    this.lastUsedAt = now
  }

  #onLine(line: Buffer): void {
    const read = readChildLine(line)
    switch (read.kind) {
      case 'answer':
        this.#onAnswer(line, read.id, read.at, read.failed)
        break
      case 'request':
        this.#deliver(line, line.toString('latin1', read.id.start, read.id.end))
        break
      case 'notification':
        if (read.method === 'notifications/progress') this.#onProgress(line, read.subject)
        else this.#deliver(line, undefined)
        break
      case 'junk':
        this.#options.events.junk(line)
    }
  }

  #onAnswer(line: Buffer, id: number, at: Span, failed: boolean): void {
    const call = this.#calls.get(id)
    // Timed out or cancelled before, or made up.
    if (call === undefined) return
    this.#close(call, failed ? 'error' : 'ok')
    const headers = failed ? [] : this.#headers(call)
    answerCall(call, line, at, headers)
    if (call.stream !== undefined || line.length > SMALL_BODY_BYTES) this.#held.check(call.exchange.res, this.lastUsedAt)
    if (call.method !== 'initialize') return
    if (failed) this.end('The session was not opened.')
    else if (this.#state === 'starting') this.#state = 'open'
  }

  #onProgress(line: Buffer, token: Span | undefined): void {
    const call = token && this.#calls.get(numberAt(line, token.start, token.end))
    if (token === undefined || call?.progressToken === undefined) return
    call.deadline = this.#options.clock() + this.#options.callTimeoutMs
    if (!call.exchange.acceptsEvents || !hasListener(call)) return
    const pieces = [line.subarray(0, token.start), Buffer.from(call.progressToken, 'latin1'), line.subarray(token.end)]
    openStream(call, this.#headers(call)).send(pieces)
    this.#held.check(call.exchange.res, call.deadline)
  }

  /**
   * Sends a message that belongs to no call by number. A question most likely belongs to the only call in flight; a
   * notification goes to the GET stream while there is one. What nobody takes waits for a GET stream.
   */
  #deliver(line: Buffer, requestId: string | undefined): void {
    const only = this.#calls.size === 1 ? this.#lastListeningCall() : undefined
    const listening = this.#listening !== undefined && !this.#listening.stream.closed ? this.#listening : undefined
    if (listening !== undefined && (requestId === undefined || only === undefined)) {
      listening.stream.send([line])
      this.#held.check(listening.exchange.res, this.#options.clock())
      return
    }
    const call = only ?? (requestId === undefined ? undefined : this.#lastListeningCall())
    if (call !== undefined) {
      openStream(call, this.#headers(call)).send([line])
      this.#held.check(call.exchange.res, this.#options.clock())
      return
    }
    for (const dropped of this.#outbox.push({ line, requestId, since: this.#options.clock() }))
      this.#refuseChild(dropped.requestId)
  }

  #lastListeningCall(): Call | undefined {
    let last: Call | undefined
    for (const call of this.#calls.values()) if (call.exchange.acceptsEvents && hasListener(call)) last = call
    return last
  }

  #refuseChild(requestId: string | undefined): void {
    if (requestId === undefined) return
    const text = rpcErrorText(requestId, RPC.internalError, 'The client has no stream open on which it could be asked.')
    this.#child.write(Buffer.from(`${text}\n`, 'latin1'))
  }

  #onEnd(end: ChildEnd): void {
    const initialized = this.#state === 'open'
    this.#options.events.crashed(end, this.#options.clock() - this.startedAt, initialized)
    this.#finish(RPC.internalError, describeEnd(this.caller.server.name, end), 'crashed')
  }

  #finish(code: number, sentence: string, outcome: Outcome): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#options.events.ended()
    for (const call of [...this.#calls.values()]) {
      this.#close(call, outcome)
      failCall(call, code, sentence)
    }
    this.#listening?.stream.end()
  }

  #close(call: Call, outcome: Outcome): void {
    this.#calls.delete(call.id)
    this.lastUsedAt = this.#options.clock()
    this.#options.events.callFinished(call.method, outcome, call.startedAt)
  }

  /** The answer to `initialize` names the session. */
  #headers(call: Call): readonly string[] {
    return call.method === 'initialize' ? ['Mcp-Session-Id', this.id] : NO_HEADERS
  }
}

const NO_HEADERS: readonly string[] = []

const busy = (status: number, reason: string, sentence: string): Refusal =>
  new Refusal(status, RPC.busy, sentence, { reason, headers: ['Retry-After', '1'] })

/** Whether a child that lived this long has proved that it can. */
export const hasProvedItself = (session: Session, now: number): boolean => now - session.startedAt >= EARLY_DEATH_MS
