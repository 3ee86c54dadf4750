/** Sessions of upstream servers whose owner is remembered; one forgotten is left to the upstream server to judge. */
const MAX_SESSIONS = 10_000

/** Binds the sessions that upstream servers issue to whoever opened them: most servers do not know who calls. */
export interface SessionOwners {
  issued(session: string, owner: string): void
  /** False for a session that somebody else opened. */
  mayUse(session: string, owner: string): boolean
  ended(session: string): void
}

export function createSessionOwners(): SessionOwners {
  const owners = new Map<string, string>()
  return {
    issued(session, owner) {
      if (owners.has(session)) return
      owners.set(session, owner)
      if (owners.size <= MAX_SESSIONS) return
      for (const oldest of owners.keys()) {
        owners.delete(oldest)
        break
      }
    },
    mayUse: (session, owner) => (owners.get(session) ?? owner) === owner,
    ended: (session) => owners.delete(session),
  }
}
