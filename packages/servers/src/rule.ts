/** One entry of ALLOWED_USERS, OPERATORS or a server's `allow`. */
export type Rule =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'github-login'; readonly login: string }
  | { readonly kind: 'github-org'; readonly org: string }
  | { readonly kind: 'github-team'; readonly team: string }
  | { readonly kind: 'email'; readonly pattern: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'client'; readonly clientId: string }

/** What a rule looks at. `email` must be an address that the identity provider verified. */
export interface Person {
  /** `client` for a program that acts for itself; its `login` is the client id. */
  readonly provider: string
  readonly login?: string | undefined
  readonly email?: string | undefined
  readonly groups: readonly string[]
  readonly organizations: readonly string[]
  readonly teams: readonly string[]
}

const GITHUB_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38})$/
const GITHUB_TEAM = /^[a-z0-9][a-z0-9-]{0,38}\/[a-z0-9._-]{1,100}$/
/** RFC 6749 Appendix A.1, without the characters that part a list of rules. */
const CLIENT_ID = /^[\x21-\x2b\x2d-\x7e]{1,512}$/
const EMAIL_PATTERN = /^[^\s@,]{1,64}@[^\s@,]{1,253}$/

/**
 * Reads one rule. Logins, organisations, teams and addresses compare in lower case; groups byte for byte.
 * @throws Error with a sentence that names the rule and the forms there are
 */
export function parseRule(text: string): Rule {
  if (text === '*') return { kind: 'everyone' }
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0))
  const value = text.slice(colon + 1)
  const lower = value.toLowerCase()
  if (kind === 'github' && GITHUB_NAME.test(lower)) return { kind: 'github-login', login: lower }
  if (kind === 'github-org' && GITHUB_NAME.test(lower)) return { kind: 'github-org', org: lower }
  if (kind === 'github-team' && GITHUB_TEAM.test(lower)) return { kind: 'github-team', team: lower }
  if (kind === 'email' && EMAIL_PATTERN.test(lower)) return { kind: 'email', pattern: lower }
  if (kind === 'group' && value !== '') return { kind: 'group', group: value }
  if (kind === 'client' && CLIENT_ID.test(value)) return { kind: 'client', clientId: value }
  throw new Error(
    `"${text}" is not a rule; use github:login, github-org:org, github-team:org/team, email:*@example.com, group:name, client:ID or *`,
  )
}

/** Reads a comma or white-space separated list of rules; empty = no rules = nobody. */
export const parseRules = (text: string): Rule[] =>
  text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parseRule)

/** Whether any rule lets this person in. No rules let nobody in. */
export const isAllowed = (rules: readonly Rule[], person: Person): boolean => rules.some((rule) => matches(rule, person))

function matches(rule: Rule, person: Person): boolean {
  switch (rule.kind) {
    case 'everyone':
      return true
    case 'github-login':
      return person.provider === 'github' && person.login?.toLowerCase() === rule.login
    case 'github-org':
      return person.provider === 'github' && person.organizations.includes(rule.org)
    case 'github-team':
      return person.provider === 'github' && person.teams.includes(rule.team)
    case 'email':
      return person.email !== undefined && matchesGlob(rule.pattern, person.email.toLowerCase())
    case 'group':
      return person.groups.includes(rule.group)
    case 'client':
      return person.provider === 'client' && person.login === rule.clientId
  }
}

/**
 * Matches a pattern whose only special character is `*` (any run of characters). In an address a `*` never crosses
 * the `@`, so `*@example.com` is not fooled by `a@evil@example.com`. Linear in the length of the text.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const at = pattern.indexOf('@')
  if (at >= 0) {
    const parts = text.split('@')
    if (parts.length !== 2) return false
    return matchesGlob(pattern.slice(0, at), parts[0] ?? '') && matchesGlob(pattern.slice(at + 1), parts[1] ?? '')
  }
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === text
  if (!text.startsWith(first)) return false
  let position = first.length
  const last = rest.pop() ?? ''
  for (const piece of rest) {
    const found = text.indexOf(piece, position)
    if (found < 0) return false
    position = found + piece.length
  }
  return text.length - last.length >= position && text.endsWith(last)
}
