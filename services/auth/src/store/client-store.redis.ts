import type { RegisteredClient } from '../oauth/client.ts'
import type { Clock } from '../oauth/clock.ts'
import { UNUSED_CLIENT_TTL_SECONDS } from '../oauth/lifetimes.ts'
import type { ClientStore, ListedClient } from './client-store.ts'
import type { RedisBackend } from './redis/backend.ts'
import { PREFIXES } from './redis/keys.ts'
import { ADD_UNUSED_CLIENT } from './redis/scripts/add-unused-client.ts'
import { DELETE_CLIENT } from './redis/scripts/delete-client.ts'
import { FORGET_UNUSED_CLIENT } from './redis/scripts/forget-unused-client.ts'
import { MARK_CLIENT_USED } from './redis/scripts/mark-client-used.ts'
import { PUT_HASH } from './redis/scripts/put-hash.ts'
import { UPDATE_CLIENT } from './redis/scripts/update-client.ts'

const UNUSED_TTL_MS = UNUSED_CLIENT_TTL_SECONDS * 1000

/** What is known to be used is not said again so long; a failover that lost it is made good well before the client would end. */
const USED_FOR_MS = 3_600_000
/** So many ids are a few hundred kilobytes. */
const REMEMBERED_CLIENTS = 5_000

const keyOf = (clientId: string): string => PREFIXES.client + clientId

/** Registered clients as one hash each; the field `expiresAtMs` is there only until the first use. */
export function createRedisClientStore(redis: RedisBackend, clock: Clock): ClientStore {
  const read = async (clientId: string): Promise<StoredClient | undefined> => {
    const stored = toStoredClient(await redis.answer((ask) => ask.hgetall(keyOf(clientId))))
    return stored && stored.expiresAtMs > clock() ? stored : undefined
  }
  /** Used clients, and until when they need not be marked again with every sign-in. */
  const used = new Map<string, number>()
  const leaveUnused = async (clientId: string): Promise<void> => {
    await redis.answer((ask) => ask.zrem(PREFIXES.unusedClients, clientId))
  }

  return {
    create: async (client, fingerprint, unusedLimit) => {
      const { clientId } = client
      const now = clock()
      const fields = ['client', JSON.stringify(client), 'fingerprint', fingerprint, 'expiresAtMs', now + UNUSED_TTL_MS]
      // The record before the list: one that is not listed escapes the limit, but not its expiry. The other way round,
      // somebody else's surplus could be taken off the list before it is there.
      await redis.run(PUT_HASH, keyOf(clientId), UNUSED_TTL_MS, ...fields)
      await redis.answer((ask) => ask.set(PREFIXES.clientFingerprint + fingerprint, clientId, 'PX', UNUSED_TTL_MS))
      const args = [now, clientId, unusedLimit, UNUSED_TTL_MS]
      const surplus = (await redis.run(ADD_UNUSED_CLIENT, PREFIXES.unusedClients, ...args)) as string[]
      for (const oldest of surplus) {
        await redis.run(FORGET_UNUSED_CLIENT, keyOf(oldest))
        await leaveUnused(oldest)
      }
    },

    find: async (clientId) => (await read(clientId))?.client,

    findUnused: async (fingerprint) => {
      const clientId = await redis.answer((ask) => ask.get(PREFIXES.clientFingerprint + fingerprint))
      const stored = clientId === null ? undefined : await read(clientId)
      return stored && stored.expiresAtMs !== NEVER ? stored.client : undefined
    },

    update: async (client) => (await redis.run(UPDATE_CLIENT, keyOf(client.clientId), clock(), JSON.stringify(client))) === 1,

    markUsed: async (clientId) => {
      const now = clock()
      if ((used.get(clientId) ?? 0) > now) return
      const changed = await redis.run(MARK_CLIENT_USED, keyOf(clientId), now)
      if (changed === 1) await leaveUnused(clientId)
      if (used.size >= REMEMBERED_CLIENTS) used.clear()
      used.set(clientId, now + USED_FOR_MS)
    },

    delete: async (clientId) => {
      const existed = await redis.run(DELETE_CLIENT, keyOf(clientId), clock())
      await leaveUnused(clientId)
      return existed === 1
    },

    list: async () => {
      const keys = await redis.keysUnder(PREFIXES.client)
      const clients: ListedClient[] = []
      for (let at = 0; at < keys.length; at += READ_AT_ONCE) {
        const ids = keys.slice(at, at + READ_AT_ONCE).map((key) => key.slice(PREFIXES.client.length))
        for (const stored of await Promise.all(ids.map(read))) if (stored) clients.push(toListed(stored))
      }
      return clients.sort((a, b) => b.client.createdAt - a.client.createdAt)
    },
  }
}

/** Of a list; more would wait in Redis for each other. */
const READ_AT_ONCE = 500

const NEVER = Number.POSITIVE_INFINITY

interface StoredClient {
  readonly client: RegisteredClient
  readonly expiresAtMs: number
}

const toListed = ({ client, expiresAtMs }: StoredClient): ListedClient =>
  expiresAtMs === NEVER ? { client } : { client, forgottenAt: Math.floor(expiresAtMs / 1000) }

const toStoredClient = (fields: Record<string, string>): StoredClient | undefined =>
  fields.client === undefined
    ? undefined
    : {
        client: JSON.parse(fields.client) as RegisteredClient,
        expiresAtMs: fields.expiresAtMs === undefined ? NEVER : Number(fields.expiresAtMs),
      }
