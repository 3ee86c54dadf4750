import type { RegisteredClient } from '../oauth/client.ts'

export interface ListedClient {
  readonly client: RegisteredClient
  /** Unix seconds at which it is forgotten; absent once it was used. */
  readonly forgottenAt?: number
}

/** Clients that registered themselves (RFC 7591). Throws StoreUnavailableError when the backend does not answer. */
export interface ClientStore {
  /**
   * Adds a client that nobody has used yet: it is forgotten after UNUSED_CLIENT_TTL_SECONDS. Above `unusedLimit`
   * unused clients the oldest unused ones are forgotten first; a used client never is.
   * @param fingerprint - equal registrations from one network share it; see findUnused
   */
  create(client: RegisteredClient, fingerprint: string, unusedLimit: number): Promise<void>
  find(clientId: string): Promise<RegisteredClient | undefined>
  /** The not yet used client of an equal registration, if there is one. */
  findUnused(fingerprint: string): Promise<RegisteredClient | undefined>
  /** Replaces the record and keeps its life time; false when there is no such client. */
  update(client: RegisteredClient): Promise<boolean>
  /** From now on the client is kept until it is deleted. Idempotent. */
  markUsed(clientId: string): Promise<void>
  delete(clientId: string): Promise<boolean>
  /** Every client, newest first. For operators: on Redis it reads the whole key space. */
  list(): Promise<ListedClient[]>
}
