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
