import { describe, expect, it } from 'vitest'
import { misspeltMember } from './misspelt-member.ts'
import { parseServers } from './servers-file.ts'

describe('a member of the servers file', () => {
  it.each([
    ['alow', 'allow'],
    ['Allow', 'allow'],
    ['allows', 'allow'],
    ['alolw', 'allow'],
    ['scope', 'scopes'],
    ['disable', 'disabled'],
    ['limit', 'limits'],
  ])('%s is taken for a slip of %s', (name, member) => {
    expect(misspeltMember(name)).toBe(member)
  })

  it.each(['allow', 'scopes', 'autoApprove', 'alwaysAllow', 'description', 'timeout', 'url', ''])('%s is let be', (name) => {
    expect(misspeltMember(name)).toBeUndefined()
  })

  it('that is nearly `allow` keeps the gateway from starting, instead of opening the server to everybody', () => {
    const file = JSON.stringify({ mcpServers: { notes: { command: 'notes', alow: ['github:octocat'] } } })
    expect(() => parseServers(file, 'mcp.json', {})).toThrow(
      'mcp.json: mcpServers.notes has a member "alow"; did you mean "allow"?',
    )
  })
})
