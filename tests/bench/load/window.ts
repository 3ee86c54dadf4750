/** When a window of load ends: after some time, or after some requests. */
export interface Until {
  readonly seconds?: number
  readonly requests?: number
}

export interface Window {
  readonly answered: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Makes one request, checks its answer, and says when it is done. */
export type Lane = (done: (error?: Error) => void) => void

/** Keeps every lane busy until the end, then lets the open ones finish. Rejects at the first wrong answer. */
export function runWindow(
  lanes: readonly Lane[],
  { seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY }: Until,
): Promise<Window> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = []
    const since = performance.now()
    const end = since + seconds * 1000
    let issued = 0
    let open = lanes.length
    const finish = () => {
      const elapsed = (performance.now() - since) / 1000
      latencies.sort((a, b) => a - b)
      resolve({ answered: latencies.length, seconds: elapsed, p50Ms: at(latencies, 0.5), p99Ms: at(latencies, 0.99) })
    }
    const step = (lane: Lane) => {
      const sent = performance.now()
      if (issued >= requests || sent >= end) {
        open--
        if (open === 0) finish()
        return
      }
      issued++
      lane((error) => {
        if (error !== undefined) return reject(error)
        latencies.push(performance.now() - sent)
        step(lane)
      })
    }
    for (const lane of lanes) step(lane)
  })
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
