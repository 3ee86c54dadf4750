import type { FastifyInstance } from 'fastify'
import type { Logger } from './log.ts'

/** Docker kills ten seconds after SIGTERM; whatever has not closed by then is left to it. */
const SHUTDOWN_LIMIT_MS = 9_000

/**
 * Ends the process on SIGTERM or SIGINT: closes in order, then exits 0; exits 1 when closing fails or takes too long.
 * SIGHUP is ignored. A second signal ends at once.
 */
export function closeOnSignals(log: Logger, close: () => Promise<void>): void {
  let closing = false
  const end = (signal: NodeJS.Signals) => {
    if (closing) process.exit(1)
    closing = true
    log.info({ event: 'shutdown', signal }, 'shutting down')
    setTimeout(() => {
      log.error({ event: 'shutdown_timeout' }, 'shutdown took too long')
      process.exit(1)
    }, SHUTDOWN_LIMIT_MS).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ event: 'shutdown_failed', err: error }, 'shutdown failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('SIGHUP', () => {})
}

/** What requests in flight get to finish before their connections are cut. */
const DRAIN_MS = 1_000

/**
 * Closes a listener: no new request, those in flight may finish for a second, then every connection is cut. Without that,
 * a browser that connected ahead, or a caller that stopped in the middle of its request, would keep the process alive.
 */
export async function closeListener(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}
