import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { isAdmitted } from '../oauth/admission.ts'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import type { Identity } from '../oauth/identity.ts'
import { SESSION_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import type { Session, SessionStore } from '../store/session-store.ts'
import { readCookie, writeCookie } from './cookies.ts'

const COOKIE = '__Host-gatehouse-session'

/** Who is signed in in a browser. Every method throws StoreUnavailableError. */
export interface Sessions {
  /** The browser's session, if its person may still sign in by ALLOWED_USERS. */
  find(request: FastifyRequest): Promise<Session | undefined>
  /** Signs a person in under a new id; whatever id the browser brought is dead from then on (session fixation). */
  start(request: FastifyRequest, reply: FastifyReply, identity: Identity): Promise<void>
  end(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

export function createSessions(context: {
  readonly config: Pick<Config, 'ALLOWED_USERS'>
  readonly stores: { readonly sessions: SessionStore }
  readonly clock: Clock
}): Sessions {
  const { config, stores, clock } = context
  const end = async (request: FastifyRequest): Promise<void> => {
    const id = readCookie(request, COOKIE)
    if (id !== undefined) await stores.sessions.delete(sha256(id))
  }
  return {
    find: async (request) => {
      const id = readCookie(request, COOKIE)
      const session = id === undefined ? undefined : await stores.sessions.find(sha256(id))
      return session && isAdmitted(config.ALLOWED_USERS, session.identity) ? session : undefined
    },
    start: async (request, reply, identity) => {
      await end(request)
      const id = randomSecret()
      await stores.sessions.put(sha256(id), { identity, signedInAt: nowSeconds(clock) }, SESSION_TTL_SECONDS)
      writeCookie(reply, COOKIE, id, SESSION_TTL_SECONDS)
    },
    end: async (request, reply) => {
      await end(request)
      writeCookie(reply, COOKIE, '', 0)
    },
  }
}
