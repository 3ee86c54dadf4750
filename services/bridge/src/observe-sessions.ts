import type { Logger } from '@gatehouse/runtime'
import type { ChildEnd } from './child/index.ts'
import type { BridgeMetrics } from './metrics.ts'
import type { SessionsObserver } from './revisions/rev-2025-11-25/sessions.ts'

/** Lines of junk on standard output that are logged per server and minute; the rest is counted. */
const JUNK_PER_MINUTE = 5
const JUNK_BYTES = 120

/** Turns what happens in sessions into log lines and metrics. No message of a client or a server is ever written. */
export function observeSessions(log: Logger, metrics: BridgeMetrics, clock: () => number): SessionsObserver {
  const junk = new Map<string, { minute: number; count: number }>()
  return {
    callFinished: (server, outcome, startedAt) => metrics.callFinished(server, outcome, (clock() - startedAt) / 1000),
    childStarted: (server, pid) => log.info({ event: 'child_started', server, pid }, 'server started'),
    childEnded(server, end, afterMs) {
      metrics.childRestarted(server)
      log.warn({ event: 'child_ended', server, after_ms: Math.round(afterMs), ...factsOf(end) }, 'server ended by itself')
    },
    childSaid: (server, line, dropped) => log.info({ event: 'child_stderr', server, line, ...(dropped > 0 ? { dropped } : {}) }),
    junk(server, line) {
      const minute = Math.floor(clock() / 60_000)
      const known = junk.get(server)
      const entry = known?.minute === minute ? known : { minute, count: 0 }
      junk.set(server, entry)
      metrics.junkLine(server)
      if (++entry.count > JUNK_PER_MINUTE) return
      const text = line.subarray(0, JUNK_BYTES).toString('utf8')
      log.warn({ event: 'child_junk', server, bytes: line.length, start: text }, 'server wrote something else than a message')
    },
    failed: (server, error) => log.error({ event: 'session_failed', server, err: error }, 'a session failed'),
    sessionEnded: (server, why) => log.info({ event: 'session_ended', server, why }, 'session ended'),
  }
}

/** `code` alone would be taken for an authorization code, and hidden. */
function factsOf(end: ChildEnd): Record<string, unknown> {
  if (end.reason === 'exit') return { reason: end.reason, exit_code: end.code, signal: end.signal, last_stderr: end.lastStderr }
  return end.reason === 'not_started' ? { reason: end.reason, error: end.code } : { reason: end.reason }
}
