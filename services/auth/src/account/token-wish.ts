import { mayUse, scopesOf } from '@gatehouse/servers'
import type { Params } from '../http/params.ts'
import type { Identity } from '../oauth/identity.ts'
import { mayUseResource, type Resource, type Resources } from '../oauth/resource.ts'
import { TOKEN_NAME_MAX_LENGTH } from '../pages/account-tokens.ts'
import { readableClaim } from '../pages/claims.ts'
import { type ScopeChoice, scopeChoices } from '../pages/scope-choices.ts'

/** Lifetimes to choose from, in days, beside the longest that the operator allows. */
const USUAL_DAYS: readonly number[] = [7, 30, 90, 365]
const PREFERRED_DAYS = 30

/** What a new personal token shall be. */
export interface TokenWish {
  readonly name: string
  readonly resource: Resource
  readonly scopes: readonly string[]
  readonly days: number
}

export const lifetimesUpTo = (maxDays: number): number[] =>
  [...new Set([...USUAL_DAYS.filter((days) => days < maxDays), maxDays])].sort((a, b) => a - b)

export const preferredLifetime = (lifetimes: readonly number[]): number =>
  lifetimes.findLast((days) => days <= PREFERRED_DAYS) ?? lifetimes[0] ?? PREFERRED_DAYS

/** What a person may make a token for: their servers, and with several of them also all at once. */
export function resourcesOf(resources: Resources, person: Identity): Resource[] {
  const servers = resources.all.filter((resource) => mayUseResource(resource, person))
  return servers.length > 1 ? [...servers, resources.root] : servers
}

/** What a token for a resource may carry: the scopes of its servers that the person may use. */
export function choicesOf(resource: Resource, person: Identity): ScopeChoice[] {
  const servers = resource.servers.filter((server) => mayUse(server, person))
  const offered = new Set(servers.flatMap(scopesOf))
  const names = servers.map(({ name }) => name)
  return scopeChoices(
    resource,
    resource.scopes.filter((scope) => offered.has(scope)),
    names,
  )
}

/** Which of the choices are ticked; where there is one only, it is. */
export const chosenScopes = (params: Params, choices: readonly ScopeChoice[]): string[] =>
  choices.filter(({ field }) => choices.length === 1 || params[field] === 'yes').map(({ scope }) => scope)

/** Reads the form. @returns the wish, or a sentence that says what is missing */
export function readTokenWish(
  params: Params,
  resource: Resource,
  choices: readonly ScopeChoice[],
  lifetimes: readonly number[],
): TokenWish | string {
  const name = (params.name ?? '').replace(/\s+/g, ' ').trim()
  // What cannot be seen is no name, and one that is longer than what can be shown could pass for another.
  if (readableClaim(name) === '') return 'Give the token a name.'
  if ([...name].length > TOKEN_NAME_MAX_LENGTH) return `The name is longer than ${TOKEN_NAME_MAX_LENGTH} characters.`
  const scopes = chosenScopes(params, choices)
  if (scopes.length === 0) return 'Choose at least one of the things the token may do.'
  const days = Number(params.days)
  if (!lifetimes.includes(days)) return 'Choose how long the token lives.'
  return { name, resource, scopes, days }
}
