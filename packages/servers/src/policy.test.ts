import { describe, expect, it } from 'vitest'
import { decide, mayUse, scopesOf } from './policy.ts'
import type { Person } from './rule.ts'
import { parseServers, type Server } from './servers-file.ts'

const ann: Person = { provider: 'github', login: 'ann', groups: [], organizations: [], teams: [] }

function server(members: object): Server {
  const [read] = parseServers(JSON.stringify({ mcpServers: { docs: { command: 'x', ...members } } }), 'test', {})
  if (read === undefined) throw new Error('no server')
  return read
}

const scoped = server({ scopes: { read: ['get_*', 'list'], write: ['set_*', 'get_secret'] } })

describe('the policy', () => {
  it.each<[string, Server, readonly string[], string | undefined, object]>([
    ['any tool of a server without scopes', server({}), ['mcp'], 'anything', { outcome: 'allow' }],
    [
      'a server without scopes, by a token without its scope',
      server({}),
      ['other'],
      undefined,
      { outcome: 'step-up', missingScopes: ['mcp'] },
    ],
    ['a server with empty scopes', server({ scopes: {} }), ['mcp'], 'x', { outcome: 'allow' }],
    ['a list of tools', scoped, ['read'], undefined, { outcome: 'allow' }],
    ['a tool of its scope', scoped, ['read'], 'get_user', { outcome: 'allow' }],
    ['a tool of another scope', scoped, ['read'], 'set_user', { outcome: 'step-up', missingScopes: ['write'] }],
    ['a tool of two scopes, by either', scoped, ['write'], 'get_secret', { outcome: 'allow' }],
    ['a tool in no scope', scoped, ['read', 'write'], 'drop', { outcome: 'deny', reason: 'tool_in_no_scope' }],
    ['no scope at all', scoped, [], 'get_user', { outcome: 'step-up', missingScopes: ['read'] }],
    ['a tool named like an object member', scoped, ['read'], '__proto__', { outcome: 'deny' }],
  ])('decides on %s', (_what, subject, scopes, tool, decision) => {
    expect(decide(subject, ann, scopes, tool)).toMatchObject(decision)
  })

  it('denies who is not on the list, whatever the token says', () => {
    const closed = server({ allow: ['github:bob', 'group:staff'] })
    expect(decide(closed, ann, ['mcp'], undefined)).toMatchObject({ outcome: 'deny', reason: 'not_on_allow_list' })
    expect(decide(closed, { ...ann, groups: ['staff'] }, ['mcp'], undefined)).toEqual({ outcome: 'allow' })
    expect(mayUse(server({ allow: [] }), ann)).toBe(false)
  })

  it('lets the operator in, who signs in by password', () => {
    expect(mayUse(server({ allow: ['github:bob'] }), { ...ann, provider: 'password' })).toBe(true)
  })

  it('offers the scopes of the file, or one for all', () => {
    expect([scopesOf(server({})), scopesOf(scoped)]).toEqual([['mcp'], ['read', 'write']])
  })
})
