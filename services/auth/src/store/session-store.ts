import type { Identity } from '../oauth/identity.ts'

export interface Session {
  readonly identity: Identity
  /** Unix seconds of the sign-in. */
  readonly signedInAt: number
}

/** Browsers that are signed in. Ids arrive hashed. Throws StoreUnavailableError when the backend does not answer. */
export interface SessionStore {
  put(sessionHash: string, session: Session, ttlSeconds: number): Promise<void>
  find(sessionHash: string): Promise<Session | undefined>
  delete(sessionHash: string): Promise<void>
  /** Ends every session of a person. */
  deleteBySubject(subject: string): Promise<void>
}
