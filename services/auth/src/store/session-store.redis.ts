import type { Clock } from '../oauth/clock.ts'
import type { RedisBackend } from './redis/backend.ts'
import { createExpiringIndex } from './redis/expiring-index.ts'
import { createExpiringValues } from './redis/expiring-value.ts'
import { PREFIXES } from './redis/keys.ts'
import type { Session, SessionStore } from './session-store.ts'

export function createRedisSessionStore(redis: RedisBackend, clock: Clock): SessionStore {
  const sessions = createExpiringValues<Session>(redis, clock)
  const index = createExpiringIndex(redis, clock)

  return {
    put: async (sessionHash, session, ttlSeconds) => {
      await index.add(PREFIXES.subjectSessions + session.identity.subject, sessionHash, clock() + ttlSeconds * 1000)
      await sessions.put(PREFIXES.session + sessionHash, session, ttlSeconds)
    },
    find: (sessionHash) => sessions.find(PREFIXES.session + sessionHash),
    delete: async (sessionHash) => {
      const session = await sessions.take(PREFIXES.session + sessionHash)
      if (session) await index.remove(PREFIXES.subjectSessions + session.identity.subject, [sessionHash])
    },
    deleteBySubject: async (subject) => {
      const indexKey = PREFIXES.subjectSessions + subject
      const hashes = await index.members(indexKey)
      await Promise.all(hashes.map((sessionHash) => redis.answer((ask) => ask.del(PREFIXES.session + sessionHash))))
      // Not the whole index: somebody may sign in at this moment.
      await index.remove(indexKey, hashes)
    },
  }
}
