import { isAllowed, matchesGlob, type Person } from './rule.ts'
import type { Server } from './servers-file.ts'

/** The scope of a server whose file entry names none: every tool. */
export const DEFAULT_SCOPE = 'mcp'

/** What a token may carry for this server; the first is the one a client without a wish gets. */
export const scopesOf = (server: Server): string[] =>
  server.scopes === undefined || Object.keys(server.scopes).length === 0 ? [DEFAULT_SCOPE] : Object.keys(server.scopes)

export type Decision =
  | { readonly outcome: 'allow' }
  /** Another grant of the same person could allow it: `missingScopes` are what to ask for. */
  | { readonly outcome: 'step-up'; readonly missingScopes: readonly string[] }
  /** No grant of this person ever could. The sentence is for the person. */
  | { readonly outcome: 'deny'; readonly reason: 'not_on_allow_list' | 'tool_in_no_scope'; readonly sentence: string }

/**
 * Decides whether a person may make one call. Pure: /verify asks it with what the headers say, the bridge with what the
 * body says, and both get the same answer.
 * @param scopes - what the token carries
 * @param tool - the tool of a `tools/call`; undefined for every other method
 */
export function decide(server: Server, person: Person, scopes: readonly string[], tool: string | undefined): Decision {
  if (!mayUse(server, person)) {
    return {
      outcome: 'deny',
      reason: 'not_on_allow_list',
      sentence: `You are not on the list of people who may use "${server.name}". Ask the operator to add you.`,
    }
  }
  const offered = scopesOf(server)
  if (!offered.some((scope) => scopes.includes(scope))) return { outcome: 'step-up', missingScopes: offered.slice(0, 1) }
  if (tool === undefined || server.scopes === undefined || Object.keys(server.scopes).length === 0) return { outcome: 'allow' }
  const opening = Object.entries(server.scopes)
    .filter(([, tools]) => tools.some((pattern) => matchesGlob(pattern, tool)))
    .map(([scope]) => scope)
  const [first] = opening
  if (first === undefined) {
    return {
      outcome: 'deny',
      reason: 'tool_in_no_scope',
      sentence: `The tool "${tool}" of "${server.name}" is closed by the operator.`,
    }
  }
  return opening.some((scope) => scopes.includes(scope)) ? { outcome: 'allow' } : { outcome: 'step-up', missingScopes: [first] }
}

/** Whether the person is on the server's list. The operator, signed in by password, always is. */
export const mayUse = (server: Server, person: Person): boolean =>
  person.provider === 'password' || server.allow === undefined || isAllowed(server.allow, person)
