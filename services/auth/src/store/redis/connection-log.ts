import type { Logger } from '@gatehouse/runtime'
import type { Cluster, Redis } from 'ioredis'

/**
 * Logs when the connection comes and goes, once each time, however often reconnecting fails in between.
 * @returns to be called before the connection is closed on purpose
 */
export function logConnection(redis: Redis | Cluster, log: Logger): () => void {
  let state: 'new' | 'connected' | 'lost' = 'new'
  let lastError: Error | undefined
  // Both events exist on both classes, but their unions of overloads do not.
  const events: NodeJS.EventEmitter = redis
  events.on('error', (error: Error) => {
    lastError = error
  })
  events.on('ready', () => {
    if (state !== 'connected') log.info({ event: 'store_connected' }, 'connected to Redis')
    state = 'connected'
    lastError = undefined
  })
  const onClose = () => {
    if (state !== 'lost') log.warn({ event: 'store_lost', err: lastError }, 'no connection to Redis; trying again')
    state = 'lost'
  }
  events.on('close', onClose)
  return () => events.off('close', onClose)
}
