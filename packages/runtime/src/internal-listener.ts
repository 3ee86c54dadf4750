import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import type { Logger } from './log.ts'

/** Above the 90 s for which Traefik keeps idle connections, so that it never writes into one that we just closed. */
export const KEEP_ALIVE_TIMEOUT_MS = 120_000

/**
 * The listener that only the machine's own services reach: `/healthz` (the process lives), `/readyz` (its dependencies
 * answer) and `/metrics`. Services add their own routes to it.
 * @param ready - rejects with the reason why the service cannot serve now
 */
export function createInternalListener(log: Logger, metrics: Registry, ready: () => Promise<void>): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request costs more than the rest of /verify together.
    childLoggerFactory: (logger) => logger,
    exposeHeadRoutes: false,
    // The reverse proxy keeps its connections: a bare 503 while this closes would fail the calls of a rolling restart.
    return503OnClosing: false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Two Authorization headers become one with a comma, which no rule accepts; without this the second is dropped silently.
    http: { joinDuplicateHeaders: true },
  })
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    try {
      await ready()
      return { status: 'ready' }
    } catch (error) {
      return reply
        .code(503)
        .header('retry-after', '2')
        .send({ status: 'not ready', reason: (error as Error).message })
    }
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  return app
}
