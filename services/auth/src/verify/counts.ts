import { Counter, Gauge, type Registry } from 'prom-client'
import type { Outcome } from './answer.ts'

/** Plain numbers to add to; Prometheus gets them when it asks, because its counters cost a hash at each step. */
export function countOutcomes(registry: Registry, cacheEntries: () => number): Record<Outcome, number> {
  const counts: Record<Outcome, number> = {
    allowed: 0,
    no_credentials: 0,
    invalid_token: 0,
    invalid_proof: 0,
    insufficient_scope: 0,
    not_found: 0,
    unavailable: 0,
    failed: 0,
  }
  new Counter({
    name: 'gatehouse_verify_total',
    help: 'Requests that the edge asked about, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(counts)) this.inc({ outcome }, count)
    },
  })
  new Gauge({
    name: 'gatehouse_verify_cache_entries',
    help: 'Tokens whose answer is known without asking the store.',
    registers: [registry],
    collect() {
      this.set(cacheEntries())
    },
  })
  return counts
}
