import { DEFAULT_SCOPE } from '@gatehouse/servers'
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

/** What each scope opens, in words, from the servers file. */
export const scopeChoices = (resource: Resource, scopes: readonly string[]): ScopeChoice[] =>
  scopes.map((scope) => ({
    scope,
    field: `scope:${scope}`,
    title: scope === DEFAULT_SCOPE ? 'use its tools' : scope,
    detail: describe(resource, scope),
  }))

function describe({ servers, server }: Resource, scope: string): string {
  const tools = servers.flatMap(({ name, scopes = {} }) =>
    (scopes[scope] ?? []).map((tool) => (server ? tool : `${name}: ${tool}`)),
  )
  if (tools.length === 0) return 'every tool, on your behalf'
  if (tools.every((tool) => tool === '*' || tool.endsWith(': *'))) return 'every tool'
  const listed = tools.slice(0, MAX_LISTED_TOOLS).join(', ')
  return tools.length > MAX_LISTED_TOOLS ? `tools: ${listed} and ${tools.length - MAX_LISTED_TOOLS} more` : `tools: ${listed}`
}
