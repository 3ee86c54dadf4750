import { parseServers } from '@gatehouse/servers'
import { describe, expect, it } from 'vitest'
import { createResources } from '../oauth/resource.ts'
import { scopeChoices } from './scope-choices.ts'

const tools = Array.from({ length: 10_000 }, (_, index) => `tool_${index}`)
const servers = parseServers(
  JSON.stringify({
    mcpServers: {
      notes: { command: 'x', scopes: { read: ['get_*', 'list'], all: ['*'], many: tools } },
      memory: { command: 'x' },
      private: { command: 'x', scopes: { read: ['peek'] } },
    },
  }),
  'mcp.json',
  {},
)
const resources = createResources('https://gate.test', servers)
const details = (scopes: string[], names: string[], resource = resources.root) =>
  scopeChoices(resource, scopes, names).map(({ title, detail }) => `${title}: ${detail}`)

describe('what a scope opens, in words', () => {
  it('are the tools of the servers file, a bounded number of them (SCP-07)', () => {
    const notes = resources.byName('notes')
    const [read, all, many] = details(['read', 'all', 'many'], ['notes'], notes)
    expect(read).toBe('read: get_*, list')
    expect(all).toBe('all: every tool')
    expect(many).toMatch(/^many: tool_0, .*, tool_11 and 9988 more$/)
  })

  it('are told per server for the root resource, and only of servers that the person may use', () => {
    expect(details(['read', 'mcp'], ['notes', 'memory'])).toEqual([
      'read: notes: get_*, list',
      'use tools on your behalf: memory: every tool',
    ])
    expect(details(['read'], ['memory'])).toEqual(['read: no tool at the moment'])
  })

  it('are fields of their own, so that no form repeats one', () => {
    expect(scopeChoices(resources.root, ['read', 'mcp'], []).map(({ field }) => field)).toEqual(['scope:read', 'scope:mcp'])
  })
})
