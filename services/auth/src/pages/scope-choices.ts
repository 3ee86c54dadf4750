import { DEFAULT_SCOPE, scopesOf } from '@gatehouse/servers'
import type { Resource } from '../oauth/resource.ts'

/** More tools than this are counted, not listed: a page must stay readable whatever a servers file says (SCP-07). */
const MAX_LISTED_TOOLS = 12

export interface ScopeChoice {
  readonly scope: string
  /** Name of the form field; one per scope, so that a form never repeats a field. */
  readonly field: string
  readonly title: string
  readonly detail: string
}

/** What each scope opens, in words, from the servers file. @param names - the servers of the resource that the person may use */
export const scopeChoices = (resource: Resource, scopes: readonly string[], names: readonly string[]): ScopeChoice[] =>
  scopes.map((scope) => ({
    scope,
    field: `scope:${scope}`,
    title: scope === DEFAULT_SCOPE ? 'use tools on your behalf' : scope,
    detail: describe(resource, scope, names),
  }))

function describe({ server: only, servers }: Resource, scope: string, names: readonly string[]): string {
  const opened = servers
    .filter((server) => names.includes(server.name) && scopesOf(server).includes(scope))
    .map((server) => {
      const tools = server.scopes?.[scope] ?? ['*']
      const words = tools.includes('*') ? 'every tool' : listTools(tools)
      return only ? words : `${server.name}: ${words}`
    })
  return opened.length === 0 ? 'no tool at the moment' : opened.join('; ')
}

function listTools(tools: readonly string[]): string {
  const listed = tools.slice(0, MAX_LISTED_TOOLS).join(', ')
  return tools.length > MAX_LISTED_TOOLS ? `${listed} and ${tools.length - MAX_LISTED_TOOLS} more` : listed
}
