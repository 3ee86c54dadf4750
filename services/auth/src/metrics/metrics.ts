import type { FastifyReply, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import { toWireError } from '../http/error-handler.ts'

/** What auth counts, beside what /verify counts itself. Label values are words of ours, never a client's. */
export interface Metrics {
  readonly tokensIssued: Counter<'grant'>
  readonly registrations: Counter<'outcome'>
  readonly refusals: Counter<'endpoint' | 'reason'>
  readonly signIns: Counter<'provider' | 'outcome'>
  readonly consents: Counter<'outcome'>
}

const known = new WeakMap<Registry, Metrics>()

/** The counters of one registry; the same ones however often it is asked. */
export function metricsOf(registry: Registry): Metrics {
  let metrics = known.get(registry)
  if (!metrics) {
    const registers = [registry]
    metrics = {
      tokensIssued: new Counter({
        name: 'gatehouse_tokens_issued_total',
        help: 'Access tokens issued, by grant type.',
        labelNames: ['grant'],
        registers,
      }),
      registrations: new Counter({
        name: 'gatehouse_registrations_total',
        help: 'Client registrations: created, or repeated with equal metadata.',
        labelNames: ['outcome'],
        registers,
      }),
      refusals: new Counter({
        name: 'gatehouse_refusals_total',
        help: 'Requests refused or failed, by endpoint and reason.',
        labelNames: ['endpoint', 'reason'],
        registers,
      }),
      signIns: new Counter({
        name: 'gatehouse_sign_ins_total',
        help: 'Sign-ins of people that ended, by identity provider and outcome.',
        labelNames: ['provider', 'outcome'],
        registers,
      }),
      consents: new Counter({
        name: 'gatehouse_consents_total',
        help: 'Decisions of people about clients: approve or deny.',
        labelNames: ['outcome'],
        registers,
      }),
    }
    known.set(registry, metrics)
  }
  return metrics
}

/** Route hook (`onError`): counts refusals and faults of one endpoint. */
export const countRefusals =
  (registry: Registry, endpoint: string) =>
  async (_request: FastifyRequest, _reply: FastifyReply, error: unknown): Promise<void> => {
    metricsOf(registry).refusals.inc({ endpoint, reason: toWireError(error).reason })
  }
