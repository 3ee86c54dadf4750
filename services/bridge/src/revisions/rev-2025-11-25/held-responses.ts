import type { ServerResponse } from 'node:http'

/** A response may have this much unsent before its child is made to wait. */
const HOLD_BYTES = 256 * 1024
/** A client that takes nothing for this long is disconnected: it would keep its whole session waiting. */
const STALL_MS = 60_000

/** The responses of one session that their clients read too slowly. While there is one, the child's output is not read. */
export class HeldResponses {
  readonly #held = new Map<ServerResponse, number>()
  readonly #pause: () => void
  readonly #resume: () => void

  constructor(pause: () => void, resume: () => void) {
    this.#pause = pause
    this.#resume = resume
  }

  /** To be called after every write that may be large. */
  check(res: ServerResponse, now: number): void {
    if (res.destroyed || res.writableLength < HOLD_BYTES || this.#held.has(res)) return
    if (this.#held.size === 0) this.#pause()
    this.#held.set(res, now)
    const release = () => {
      if (this.#held.delete(res) && this.#held.size === 0) this.#resume()
    }
    res.once('drain', release)
    res.once('finish', release)
    res.once('close', release)
  }

  dropStalled(now: number): void {
    for (const [res, since] of this.#held) if (now - since > STALL_MS) res.destroy()
  }
}
