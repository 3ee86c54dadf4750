import type { FastifyInstance } from 'fastify'

/** For requests that are under way; the whole of a shutdown has nine seconds (lifecycle.ts). */
const DRAIN_MS = 1_500

/**
 * Ends a listener: nothing new, requests under way get DRAIN_MS, then every connection is closed. Without the last step
 * a connection on which nothing was ever asked holds the process for a minute: browsers and undici open them ahead, and
 * Node counts them as busy until their headers time out.
 */
export async function closeListener(app: FastifyInstance): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(limit)
  }
}
