import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** The bridge's metrics. Labels are names from the servers file and words of ours, never anything from a request. */
export interface BridgeMetrics {
  callFinished(server: string, outcome: string, seconds: number): void
  childRestarted(server: string): void
  junkLine(server: string): void
  refused(reason: string): void
}

export interface Counts {
  readonly sessions: () => number
  readonly children: () => number
}

export function createMetrics(registry: Registry, counts: Counts): BridgeMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('gatehouse_bridge_sessions', 'Open sessions of stdio servers.', counts.sessions)
  gauge('gatehouse_bridge_children', 'Process groups of stdio servers that are not gone.', counts.children)
  const calls = new Counter({
    name: 'gatehouse_bridge_calls_total',
    help: 'Requests passed to a server, by how they ended.',
    labelNames: ['server', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'gatehouse_bridge_call_seconds',
    help: 'From a request to its answer.',
    labelNames: ['server'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
    registers,
  })
  const restarts = new Counter({
    name: 'gatehouse_bridge_child_restarts_total',
    help: 'Children that ended by themselves.',
    labelNames: ['server'],
    registers,
  })
  const junk = new Counter({
    name: 'gatehouse_bridge_junk_lines_total',
    help: 'Lines of children that were no messages.',
    labelNames: ['server'],
    registers,
  })
  const refusals = new Counter({
    name: 'gatehouse_bridge_refusals_total',
    help: 'Requests that were not served, by reason.',
    labelNames: ['reason'],
    registers,
  })
  return {
    callFinished(server, outcome, duration) {
      calls.inc({ server, outcome })
      seconds.observe({ server }, duration)
    },
    childRestarted: (server) => restarts.inc({ server }),
    junkLine: (server) => junk.inc({ server }),
    refused: (reason) => refusals.inc({ reason }),
  }
}
