import { parseServers } from '@gatehouse/servers'
import { expect, it } from 'vitest'
import { createIdentity } from './identity.ts'

const [server] = parseServers('{"mcpServers":{"docs":{"url":"http://docs/mcp","scopes":{"read":["get_*"]}}}}', 'mcp.json', {})

const octocat = () =>
  createIdentity({
    sub: 'github:1',
    clientId: 'cli_1',
    scopes: ['read'],
    expiresAt: 0,
    resource: 'http://localhost/docs/mcp',
    person: { provider: 'github', groups: [], organizations: [], teams: [] },
  })

it('a decision about one tool is worked out once', () => {
  if (server === undefined) throw new Error('no server')
  const identity = octocat()
  expect(identity.decide(server, 'get_page')).toEqual({ outcome: 'allow' })
  expect(identity.decide(server, 'delete')).toBe(identity.decide(server, 'delete'))
})

it('the long name of a tool is judged but not remembered: it would stay in memory with the identity', () => {
  if (server === undefined) throw new Error('no server')
  const identity = octocat()
  const name = 'x'.repeat(300)
  expect(identity.decide(server, name).outcome).toBe('deny')
  expect(identity.decide(server, name)).not.toBe(identity.decide(server, name))
})
