import type { Redis } from 'ioredis'
import type { RedisBackend } from './redis/backend.ts'
import { reconnectDelayMs } from './redis/connect.ts'
import { REVOCATIONS_CHANNEL } from './redis/keys.ts'
import type { RevocationBus } from './revocation-bus.ts'

/** A subscriber only listens, so a silently dead connection shows only when it is asked. As often as caches ask the store. */
const HEARTBEAT_MS = 5_000

export interface RedisRevocationBus extends RevocationBus {
  /** Resolves when messages arrive for the first time. */
  readonly listening: Promise<void>
  close(): void
}

/**
 * Messages by pub/sub on a connection of their own. A gap is reported when that connection breaks and again whenever it
 * is back, the first time included: whatever was cached before may have missed a message.
 * @param connect - a new connection that ends instead of reconnecting; the argument counts attempts
 */
export function createRedisRevocationBus(redis: RedisBackend, connect: (attempt: number) => Redis): RedisRevocationBus {
  const listeners: { onRevoked: (grantId: string) => void; onGap: () => void }[] = []
  const gap = () => {
    for (const listener of listeners) listener.onGap()
  }
  const { promise: listening, resolve: startedListening } = Promise.withResolvers<void>()
  let connection: Redis | undefined
  let retry: NodeJS.Timeout | undefined
  let attempt = 0
  let failures = 0
  let closed = false

  const open = () => {
    const current = connect(attempt++)
    let heartbeat: NodeJS.Timeout | undefined
    connection = current
    current.on('message', (_channel, grantId) => {
      for (const listener of listeners) listener.onRevoked(grantId)
    })
    // The connection for commands meets the same error and logs it.
    current.on('error', () => {})
    current.once('ready', async () => {
      try {
        await current.subscribe(REVOCATIONS_CHANNEL)
      } catch {
        current.disconnect()
        return
      }
      failures = 0
      heartbeat = setInterval(() => current.ping().catch(() => current.disconnect()), HEARTBEAT_MS)
      startedListening()
      gap()
    })
    current.once('end', () => {
      if (heartbeat) gap()
      clearInterval(heartbeat)
      if (!closed) retry = setTimeout(open, reconnectDelayMs(++failures))
    })
  }
  open()

  return {
    listening,
    publish: async (grantId) => {
      await redis.answer((ask) => ask.publish(REVOCATIONS_CHANNEL, grantId))
    },
    subscribe: (onRevoked, onGap) => {
      listeners.push({ onRevoked, onGap })
    },
    close: () => {
      closed = true
      clearTimeout(retry)
      connection?.disconnect()
    },
  }
}
