import { type Decision, decide, type Person, type Server, scopesOf } from '@gatehouse/servers'

/** Tool names come from callers, so what is remembered per identity is bounded, in number and in size. */
const MAX_DECISIONS = 256
const MAX_REMEMBERED_NAME = 256

/** Who calls one server, and what they may do there. Made once per assertion; lives as long as it. */
export interface Identity {
  readonly sub: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Binds sessions: the same person with the same client. */
  readonly owner: string
  /** Unix milliseconds. */
  readonly expiresAt: number
  /** Audience of the assertion. */
  readonly resource: string
  readonly person: Person
  /** The policy's answer; the tool of a tools/call, undefined for all else. */
  decide(server: Server, tool: string | undefined): Decision
}

export function createIdentity(facts: Omit<Identity, 'owner' | 'decide'>): Identity {
  const decisions = new Map<string | undefined, Decision>()
  return {
    ...facts,
    owner: `${facts.sub}\n${facts.clientId}`,
    // An identity is for one server (its audience), so the tool alone names the question.
    decide(server, tool) {
      const known = decisions.get(tool)
      if (known !== undefined) return known
      const decision = decide(server, facts.person, facts.scopes, tool)
      const isShort = tool === undefined || tool.length <= MAX_REMEMBERED_NAME
      if (isShort && decisions.size < MAX_DECISIONS) decisions.set(tool, decision)
      return decision
    },
  }
}

/** Who calls when AUTH=none: the person at this machine, with every scope. Tools that the file closes stay closed. */
export const localIdentity = (server: Server, resource: string): Identity =>
  createIdentity({
    sub: 'local',
    clientId: 'local',
    scopes: scopesOf(server),
    expiresAt: Number.POSITIVE_INFINITY,
    resource,
    person: { provider: 'password', groups: [], organizations: [], teams: [] },
  })
