import type { Child, ChildEnd, ChildOptions } from '../../child/index.ts'
import { numberAt, readChildLine } from '../../wire/child-line.ts'
import type { Exchange } from '../../wire/exchange.ts'
import type { Span } from '../../wire/json-scan.ts'
import type { Message } from '../../wire/read-message.ts'
import { Refusal } from '../../wire/refusal.ts'
import { replyEmpty, SMALL_BODY_BYTES } from '../../wire/replies.ts'
import { RPC, rpcErrorText } from '../../wire/rpc-error.ts'
import { spliceLine } from '../../wire/splice.ts'
import type { Caller } from '../revision.ts'
import { answerCall, type Call, failCall, hasListener, openStream } from './call.ts'
import { describeEnd } from './describe-end.ts'
import { HeldResponses } from './held-responses.ts'
import { PendingCalls } from './pending-calls.ts'
import { ServerMessages } from './server-messages.ts'

/** What a child may have unread before calls for it are refused. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024
const MAX_CALLS = 5_000
/** A call this old gets a stream, if its client takes one, for comments that keep the connection alive. */
const QUIET_MS = 15_000

export type Outcome = 'ok' | 'error' | 'timeout' | 'crashed' | 'cancelled' | 'ended'

/** What a session tells those around it. */
interface SessionEvents {
  callFinished(outcome: Outcome, startedAt: number): void
  junk(line: Buffer): void
  /** A bug of ours; the session has been ended for it. */
  failed(error: unknown): void
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

/** One client's session with a child of its own. Messages pass as bytes, with ids and progress tokens exchanged. */
export class Session {
  readonly id: string
  readonly caller: Caller
  readonly startedAt: number
  lastUsedAt: number
  readonly #options: SessionOptions
  readonly #child: Child
  readonly #calls: PendingCalls
  readonly #messages = new ServerMessages()
  readonly #held: HeldResponses
  #state: 'starting' | 'open' | 'ended' = 'starting'

  constructor(options: SessionOptions) {
    this.#options = options
    this.id = options.id
    this.caller = options.caller
    this.startedAt = options.clock()
    this.lastUsedAt = this.startedAt
    this.#calls = new PendingCalls(options.callTimeoutMs)
    this.#child = options.start({ onLine: (line) => this.#onLine(line), onEnd: (end) => this.#onEnd(end) })
    this.#held = new HeldResponses(
      () => this.#child.pause(),
      () => this.#child.resume(),
    )
  }

  /** Nothing in flight and nobody listening. */
  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#messages.response === undefined
  }

  get callsInFlight(): number {
    return this.#calls.size
  }

  /** @throws Refusal when it cannot be passed on */
  post(exchange: Exchange, message: Message): void {
    const now = this.#options.clock()
    this.lastUsedAt = now
    if (this.#child.waitingBytes > MAX_WAITING_BYTES) {
      throw busy(503, 'child_not_reading', `The server "${this.caller.server.name}" does not keep up with what it is sent.`)
    }
    if (message.kind === 'request') {
      if (this.#calls.size >= MAX_CALLS) throw busy(429, 'calls_per_session', 'Too many calls of this session are in flight.')
      this.#child.write(this.#calls.add(exchange, message, now))
    } else if (message.method === 'notifications/cancelled') {
      this.#cancel(message)
      replyEmpty(exchange, 202)
    } else {
      this.#child.write(spliceLine(message.bytes, []))
      replyEmpty(exchange, 202)
    }
  }

  /** Opens the stream for what the server sends by itself. @throws Refusal 409 while there is one */
  listen(exchange: Exchange): void {
    const touch = () => {
      this.lastUsedAt = this.#options.clock()
    }
    touch()
    this.#messages.open(exchange, touch)
    this.#held.check(exchange.res, this.lastUsedAt)
  }

  /** Ends the session and its child; calls in flight fail with the sentence. */
  end(sentence: string): void {
    this.#finish(RPC.internalError, sentence, 'ended')
    void this.#child.stop()
  }

  /** Once a second or so: late calls, undeliverable questions, stalled readers. */
  tick(now: number): void {
    for (const call of this.#calls.all()) if (now >= call.deadline) this.#timeOut(call)
    for (const requestId of this.#messages.takeUndelivered(now)) this.#refuseChild(requestId)
    this.#held.dropStalled(now)
  }

  /** Every fifteen seconds: comments on quiet streams. */
  keepAlive(now: number): void {
    this.#messages.keepAlive()
    for (const call of this.#calls.all()) {
      if (!hasListener(call)) continue
      if (call.stream !== undefined) call.stream.keepAlive()
      else if (call.exchange.acceptsEvents && now - call.startedAt >= QUIET_MS) openStream(call, this.#headers(call)).keepAlive()
    }
  }

  /** A cancellation of what has been answered is dropped, as the protocol wants. */
  #cancel(message: Message): void {
    const { requestId, bytes } = message
    const call = requestId && this.#calls.newestNamed(bytes.toString('latin1', requestId.start, requestId.end))
    if (requestId === undefined || call === undefined) return
    this.#child.write(spliceLine(bytes, [{ start: requestId.start, end: requestId.end, text: String(call.id) }]))
    this.#close(call, 'cancelled')
    failCall(call, RPC.cancelled, 'The call was cancelled.')
  }

  #timeOut(call: Call): void {
    const seconds = Math.round(this.#options.callTimeoutMs / 100) / 10
    const sentence = `The server "${this.caller.server.name}" did not answer within ${seconds} s.`
    if (call.method === 'initialize') {
      this.#finish(RPC.requestTimeout, sentence, 'timeout')
      void this.#child.stop()
      return
    }
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: call.id, reason: 'timeout' } }
    this.#child.write(`${JSON.stringify(cancelled)}\n`)
    this.#close(call, 'timeout')
    failCall(call, RPC.requestTimeout, sentence)
  }

  #onLine(line: Buffer): void {
    try {
      this.#route(line)
    } catch (error) {
      // In an event of the child's stream it would end the process, and with it everybody's sessions.
      this.#options.events.failed(error)
      this.end('The gateway failed.')
    }
  }

  #route(line: Buffer): void {
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
    answerCall(call, line, at, failed ? NO_HEADERS : this.#headers(call))
    if (call.stream !== undefined || line.length > SMALL_BODY_BYTES) this.#held.check(call.exchange.res, this.lastUsedAt)
    if (call.method !== 'initialize') return
    if (failed) this.end('The session was not opened.')
    else if (this.#state === 'starting') this.#state = 'open'
  }

  #onProgress(line: Buffer, token: Span | undefined): void {
    const call = token && this.#calls.get(numberAt(line, token.start, token.end))
    if (token === undefined || call?.progressToken === undefined) return
    this.#calls.prolong(call, this.#options.clock())
    if (!call.exchange.acceptsEvents || !hasListener(call)) return
    this.#stream(call, [line.subarray(0, token.start), Buffer.from(call.progressToken, 'latin1'), line.subarray(token.end)])
  }

  /**
   * Sends a message that belongs to no call by number. A question most likely belongs to the only call in flight; a
   * notification goes to the GET stream while there is one. What nobody takes waits for a GET stream.
   */
  #deliver(line: Buffer, requestId: string | undefined): void {
    const only = this.#calls.size === 1 ? this.#calls.newestListening() : undefined
    const listening = this.#messages.response
    if (listening !== undefined && (requestId === undefined || only === undefined)) {
      this.#messages.send(line)
      this.#held.check(listening, this.#options.clock())
      return
    }
    const call = only ?? (requestId === undefined ? undefined : this.#calls.newestListening())
    if (call !== undefined) this.#stream(call, [line])
    else for (const dropped of this.#messages.keep(line, requestId, this.#options.clock())) this.#refuseChild(dropped)
  }

  #stream(call: Call, pieces: readonly Buffer[]): void {
    openStream(call, this.#headers(call)).send(pieces)
    this.#held.check(call.exchange.res, this.#options.clock())
  }

  #refuseChild(requestId: string): void {
    const text = rpcErrorText(requestId, RPC.internalError, 'The client has no stream open on which it could be asked.')
    this.#child.write(`${text}\n`)
  }

  #onEnd(end: ChildEnd): void {
    this.#options.events.crashed(end, this.#options.clock() - this.startedAt, this.#state === 'open')
    this.#finish(RPC.internalError, describeEnd(this.caller.server.name, end), 'crashed')
  }

  #finish(code: number, sentence: string, outcome: Outcome): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#options.events.ended()
    for (const call of [...this.#calls.all()]) {
      this.#close(call, outcome)
      failCall(call, code, sentence)
    }
    this.#messages.end()
  }

  #close(call: Call, outcome: Outcome): void {
    this.#calls.delete(call)
    this.lastUsedAt = this.#options.clock()
    this.#options.events.callFinished(outcome, call.startedAt)
  }

  /** The answer to `initialize` names the session. */
  #headers(call: Call): readonly string[] {
    return call.method === 'initialize' ? ['Mcp-Session-Id', this.id] : NO_HEADERS
  }
}

const NO_HEADERS: readonly string[] = []

const busy = (status: number, reason: string, sentence: string): Refusal =>
  new Refusal(status, RPC.busy, sentence, { reason, headers: ['Retry-After', '1'] })
