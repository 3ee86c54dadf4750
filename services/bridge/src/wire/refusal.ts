/**
 * A request that is not served. The message goes on the wire, as the message of a JSON-RPC error; `reason` goes to the
 * log and the metrics only. Anything else that is thrown is a bug and answers 500.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: number
  readonly reason: string
  readonly headers: readonly string[]
  readonly data: unknown
  /** For the log, never for the wire. */
  readonly detail: string | undefined

  /** @param details.headers - names and values in turn */
  constructor(
    status: number,
    code: number,
    message: string,
    details: { reason: string; headers?: readonly string[]; data?: unknown; detail?: string | undefined },
  ) {
    super(message)
    this.status = status
    this.code = code
    this.reason = details.reason
    this.headers = details.headers ?? []
    this.data = details.data
    this.detail = details.detail
  }
}
