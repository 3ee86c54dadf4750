import { type EventStream, openEventStream } from '../../wire/event-stream.ts'
import type { Exchange } from '../../wire/exchange.ts'
import { Refusal } from '../../wire/refusal.ts'
import { RPC } from '../../wire/rpc-error.ts'
import { Outbox } from './outbox.ts'

/** A question of the server that no client stream came for is answered with an error, so that the server can go on. */
const UNDELIVERED_MS = 60_000

/** What the server sends by itself, on the client's GET stream; what comes before the stream opens waits. */
export class ServerMessages {
  readonly #outbox = new Outbox()
  #stream: EventStream | undefined
  #exchange: Exchange | undefined

  /** The response that carries the stream, while it is open. */
  get response(): Exchange['res'] | undefined {
    return this.#stream?.closed === false ? this.#exchange?.res : undefined
  }

  /** @throws Refusal 409 while there is a stream */
  open(exchange: Exchange, onClose: () => void): void {
    if (this.response !== undefined) {
      throw new Refusal(409, RPC.invalidRequest, 'This session has its stream already.', { reason: 'second_stream' })
    }
    const stream = openEventStream(exchange)
    this.#stream = stream
    this.#exchange = exchange
    exchange.res.once('close', () => {
      if (this.#stream === stream) {
        this.#stream = undefined
        this.#exchange = undefined
      }
      onClose()
    })
    for (const { line } of this.#outbox.take()) stream.send([line])
  }

  /** @returns false when there is no stream */
  send(line: Buffer): boolean {
    if (this.#stream === undefined || this.#stream.closed) return false
    this.#stream.send([line])
    return true
  }

  /** @returns ids of questions that will never be delivered: the box is full */
  keep(line: Buffer, requestId: string | undefined, now: number): string[] {
    return this.#outbox.push({ line, requestId, since: now }).flatMap((waiting) => waiting.requestId ?? [])
  }

  /** @returns ids of questions that have waited too long */
  takeUndelivered(now: number): string[] {
    return this.#outbox.takeRequestsBefore(now - UNDELIVERED_MS).flatMap((waiting) => waiting.requestId ?? [])
  }

  keepAlive(): void {
    this.#stream?.keepAlive()
  }

  end(): void {
    this.#stream?.end()
  }
}
