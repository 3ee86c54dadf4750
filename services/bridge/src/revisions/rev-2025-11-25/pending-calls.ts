import type { Exchange } from '../../wire/exchange.ts'
import type { Message } from '../../wire/read-message.ts'
import { inOrder, spliceLine } from '../../wire/splice.ts'
import { type Call, hasListener } from './call.ts'

/**
 * The calls of one session that its child has not answered. It numbers ids and progress tokens toward the child itself,
 * so whatever a client sends twice, each call gets its own answer.
 */
export class PendingCalls {
  readonly #calls = new Map<number, Call>()
  readonly #timeoutMs: number
  #nextId = 1

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#calls.size
  }

  /** Oldest first. */
  all(): Iterable<Call> {
    return this.#calls.values()
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id)
  }

  delete(call: Call): void {
    this.#calls.delete(call.id)
  }

  /** @returns the request as the child is to see it */
  add(exchange: Exchange, message: Message, now: number): Buffer | string {
    const { id: idSpan, progressToken: token, bytes } = message
    if (idSpan === undefined) throw new Error('a request without id')
    const id = this.#nextId++
    this.#calls.set(id, {
      id,
      idText: message.idText,
      progressToken: token && bytes.toString('latin1', token.start, token.end),
      method: message.method,
      exchange,
      startedAt: now,
      deadline: now + this.#timeoutMs,
      stream: undefined,
    })
    const text = String(id)
    const idEdit = { start: idSpan.start, end: idSpan.end, text }
    if (token === undefined) return spliceLine(bytes, [idEdit])
    return spliceLine(bytes, inOrder(idEdit, { start: token.start, end: token.end, text }))
  }

  /** Progress: the server is at work. */
  prolong(call: Call, now: number): void {
    call.deadline = now + this.#timeoutMs
  }

  /** The newest call to which the client gave this id. `initialize` is left out: it must not be cancelled. */
  newestNamed(idText: string): Call | undefined {
    let newest: Call | undefined
    for (const call of this.#calls.values()) if (call.idText === idText && call.method !== 'initialize') newest = call
    return newest
  }

  /** The newest call whose client takes a stream and still listens. */
  newestListening(): Call | undefined {
    let newest: Call | undefined
    for (const call of this.#calls.values()) if (call.exchange.acceptsEvents && hasListener(call)) newest = call
    return newest
  }
}
