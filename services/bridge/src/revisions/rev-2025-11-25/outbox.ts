const MAX_MESSAGES = 100
const MAX_BYTES = 1024 * 1024

/** A message of the child that no stream could take yet. */
export interface Waiting {
  readonly line: Buffer
  /** The child waits for an answer to this id (as JSON); undefined for a notification. */
  readonly requestId: string | undefined
  readonly since: number
}

/** Messages for the client's GET stream until it opens: clients open it after `initialized`, servers ask right then. */
export class Outbox {
  #waiting: Waiting[] = []
  #bytes = 0

  /** @returns what had to go to keep the bounds, oldest first */
  push(waiting: Waiting): Waiting[] {
    // A copy: the line is a view of a chunk that would stay as long as it.
    this.#waiting.push({ ...waiting, line: Buffer.from(waiting.line) })
    this.#bytes += waiting.line.length
    const dropped: Waiting[] = []
    while (this.#waiting.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      const oldest = this.#waiting.shift()
      if (oldest === undefined) break
      this.#bytes -= oldest.line.length
      dropped.push(oldest)
    }
    return dropped
  }

  /** Everything, in order; the box is empty afterwards. */
  take(): Waiting[] {
    const all = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    return all
  }

  /** Removes and returns the requests that have waited since before `limit`. */
  takeRequestsBefore(limit: number): Waiting[] {
    const late = this.#waiting.filter(({ requestId, since }) => requestId !== undefined && since < limit)
    if (late.length === 0) return late
    this.#waiting = this.#waiting.filter((waiting) => !late.includes(waiting))
    this.#bytes = this.#waiting.reduce((sum, { line }) => sum + line.length, 0)
    return late
  }
}
