import { randomBytes } from 'node:crypto'
import { type Child, type ChildEnd, type CrashBackOff, EARLY_DEATH_MS, type StopWaits, startChild } from '../../child/index.ts'
import type { Exchange } from '../../wire/exchange.ts'
import type { Message } from '../../wire/read-message.ts'
import { Refusal } from '../../wire/refusal.ts'
import { RPC } from '../../wire/rpc-error.ts'
import type { Caller } from '../revision.ts'
import { type Outcome, Session } from './session.ts'

/** Clients do not say goodbye (10,593 sessions opened, 108 ended, on one gateway): the oldest idle one makes room. */
const SESSIONS_PER_PERSON = 20
const SESSIONS_PER_SERVER = 500
/**
 * Processes for each session that one may have: a session is gone at once, its child seconds later. Without a bound on
 * those, whoever opens and drops sessions in a row has as many processes as the machine can start in that time.
 */
const CHILDREN_PER_SESSION = 2

/** Bits of a session id: it is not a credential, but must not be guessed either. */
const ID_BYTES = 24

/** What happens in sessions, for the log and the metrics. */
export interface SessionsObserver {
  callFinished(server: string, outcome: Outcome, startedAt: number): void
  childStarted(server: string, pid: number | undefined): void
  childEnded(server: string, end: ChildEnd, afterMs: number): void
  childSaid(server: string, line: string, dropped: number): void
  junk(server: string, line: Buffer): void
  failed(server: string, error: unknown): void
  sessionEnded(server: string, why: 'deleted' | 'idle' | 'evicted' | 'child' | 'closing'): void
}

export interface SessionsOptions {
  readonly sessionIdleMs: number
  readonly callTimeoutMs: number
  readonly clock: () => number
  readonly backOff: CrashBackOff
  /** All that a child's environment has besides what the servers file names. */
  readonly basicEnvironment: Readonly<Record<string, string>>
  readonly observer: SessionsObserver
  readonly stopWaits?: StopWaits | undefined
}

/** All sessions of this process, and the children that belong to them. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #sessions = new Map<string, Session>()
  readonly #children = new Map<Child, Caller>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Until their process group is gone, not just their session. */
  get children(): number {
    return this.#children.size
  }

  get callsInFlight(): number {
    let calls = 0
    for (const session of this.#sessions.values()) calls += session.callsInFlight
    return calls
  }

  /**
   * Starts a child and passes `initialize` on to it; the answer names the session.
   * @throws Refusal 503 while the server keeps crashing, 429 or 503 when there is no room
   */
  open(exchange: Exchange, caller: Caller, initialize: Message): void {
    this.#checkBackOff(caller)
    this.#makeRoom(caller)
    const { server } = caller
    const id = randomBytes(ID_BYTES).toString('base64url')
    const { clock, callTimeoutMs, observer } = this.#options
    const session: Session = new Session({
      id,
      caller,
      clock,
      callTimeoutMs: server.timeoutSeconds === undefined ? callTimeoutMs : server.timeoutSeconds * 1000,
      start: (on) => this.#start(caller, on),
      events: {
        callFinished: (outcome, startedAt) => observer.callFinished(server.name, outcome, startedAt),
        failed: (error) => observer.failed(server.name, error),
        junk: (line) => observer.junk(server.name, line),
        crashed: (end, afterMs, initialized) => {
          observer.childEnded(server.name, end, afterMs)
          if (afterMs < EARLY_DEATH_MS) this.#options.backOff.died(initialized ? personKey(caller) : server.name)
        },
        ended: () => {
          if (this.#sessions.delete(id)) observer.sessionEnded(server.name, 'child')
        },
      },
    })
    this.#sessions.set(id, session)
    session.post(exchange, initialize)
    exchange.res.once('close', () => {
      // Nobody learned its name.
      if (!exchange.res.writableFinished) this.#end(session, 'deleted', 'The client went away.')
    })
  }

  /**
   * The caller's session. One of somebody else, or of another server, is as unknown as one that never was.
   * @throws Refusal 404, on which clients start a new session
   */
  find(id: string, caller: Caller): Session {
    const session = this.#sessions.get(id)
    if (session?.caller.owner === caller.owner && session.caller.server === caller.server) return session
    throw new Refusal(404, RPC.requestTimeout, 'Session not found', {
      reason: session === undefined ? 'unknown_session' : 'foreign_session',
    })
  }

  delete(session: Session): void {
    this.#end(session, 'deleted', 'The session was ended by its client.')
  }

  tick(now: number): void {
    const { sessionIdleMs, backOff } = this.#options
    for (const session of this.#sessions.values()) {
      session.tick(now)
      if (now - session.startedAt >= EARLY_DEATH_MS) {
        backOff.recovered(session.caller.server.name)
        backOff.recovered(personKey(session.caller))
      }
      if (session.isIdle && now - session.lastUsedAt >= sessionIdleMs) this.#end(session, 'idle', 'The session was idle.')
    }
  }

  keepAlive(now: number): void {
    for (const session of this.#sessions.values()) session.keepAlive(now)
  }

  /** Ends the sessions that have no call in flight: there is nothing to wait for. */
  endIdle(): void {
    for (const session of this.#sessions.values()) {
      if (session.callsInFlight === 0) this.#end(session, 'closing', 'The gateway is shutting down.')
    }
  }

  /** Ends every session; resolves when no child is left. */
  async close(): Promise<void> {
    for (const session of [...this.#sessions.values()]) this.#end(session, 'closing', 'The gateway is shutting down.')
    await Promise.all([...this.#children.keys()].map((child) => child.gone))
  }

  #start(caller: Caller, on: Pick<Parameters<typeof startChild>[0], 'onLine' | 'onEnd'>): Child {
    const { server } = caller
    const { clock, observer, basicEnvironment, stopWaits } = this.#options
    const child = startChild({
      ...on,
      command: server.command,
      args: server.args,
      env: { ...basicEnvironment, ...server.env },
      cwd: server.cwd,
      now: clock,
      onStderr: (line, dropped) => observer.childSaid(server.name, line, dropped),
      ...(stopWaits === undefined ? {} : { stopWaits }),
    })
    this.#children.set(child, caller)
    void child.gone.then(() => this.#children.delete(child))
    observer.childStarted(server.name, child.pid)
    return child
  }

  #end(session: Session, why: Parameters<SessionsObserver['sessionEnded']>[1], sentence: string): void {
    if (!this.#sessions.delete(session.id)) return
    this.#options.observer.sessionEnded(session.caller.server.name, why)
    session.end(sentence)
  }

  #checkBackOff(caller: Caller): void {
    const { backOff } = this.#options
    const waitMs = Math.max(backOff.waitMs(caller.server.name), backOff.waitMs(personKey(caller)))
    if (waitMs === 0) return
    const seconds = Math.ceil(waitMs / 1000)
    throw new Refusal(
      503,
      RPC.busy,
      `The server "${caller.server.name}" keeps crashing; the next start is due in ${seconds} s.`,
      {
        reason: 'crash_back_off',
        headers: ['Retry-After', String(seconds)],
      },
    )
  }

  #makeRoom(caller: Caller): void {
    const { server, person } = caller
    const here = [...this.#sessions.values()].filter((session) => session.caller.server === server)
    const own = here.filter((session) => session.caller.person === person)
    const perPerson = server.limits?.sessionsPerPerson ?? SESSIONS_PER_PERSON
    const inAll = server.limits?.sessions ?? SESSIONS_PER_SERVER
    this.#checkChildren(caller, perPerson * CHILDREN_PER_SESSION, inAll * CHILDREN_PER_SESSION)
    const ownFull = person !== undefined && own.length >= perPerson
    const full = here.length >= inAll
    if (!ownFull && !full) return
    const idle = own.filter((session) => session.isIdle).sort((a, b) => a.lastUsedAt - b.lastUsedAt)[0]
    if (idle !== undefined) {
      this.#end(idle, 'evicted', 'The session made room for a newer one.')
      return
    }
    throw new Refusal(
      ownFull ? 429 : 503,
      RPC.busy,
      ownFull ? 'You have too many sessions in use.' : 'The server has too many sessions.',
      {
        reason: ownFull ? 'sessions_per_person' : 'sessions',
        headers: ['Retry-After', '5'],
      },
    )
  }

  #checkChildren({ server, person }: Caller, perPerson: number, inAll: number): void {
    let here = 0
    let own = 0
    for (const caller of this.#children.values()) {
      if (caller.server !== server) continue
      here++
      if (caller.person === person) own++
    }
    const ownFull = person !== undefined && own >= perPerson
    if (!ownFull && here < inAll) return
    throw new Refusal(ownFull ? 429 : 503, RPC.busy, 'Too many ended sessions of this server are still closing.', {
      reason: ownFull ? 'children_per_person' : 'children',
      headers: ['Retry-After', '5'],
    })
  }
}

/** A crash after `initialize` may be the doing of whoever called, so it slows down that person alone. */
const personKey = ({ server, person }: Caller): string => `${server.name}\n${person ?? ''}`
