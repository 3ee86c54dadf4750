import { type Person, parseServers, type Server } from '@gatehouse/servers'
import { expect, it } from 'vitest'
import { OCTOCAT } from '../testing/test-context.ts'
import { fittingNames } from './fitting-names.ts'

const serverWith = (...allow: string[]): Server => {
  const [server] = parseServers(JSON.stringify({ mcpServers: { docs: { url: 'http://docs/mcp', allow } } }), 'mcp.json', {})
  if (server === undefined) throw new Error('no server')
  return server
}
const many = (prefix: string) => Array.from({ length: 1000 }, (_none, index) => `${prefix}/a-team-with-a-long-name-${index}`)
const lengthOf = ({ groups, organizations, teams }: Pick<Person, 'groups' | 'organizations' | 'teams'>) =>
  JSON.stringify([groups, organizations, teams]).length

it('who is in few groups and teams is described whole', () => {
  expect(fittingNames(OCTOCAT, serverWith('github:octocat'))).toEqual({
    groups: OCTOCAT.groups,
    organizations: OCTOCAT.organizations,
    teams: OCTOCAT.teams,
  })
})

it('who is in a thousand is described by as many as a header takes', () => {
  const identity = { ...OCTOCAT, groups: many('group'), teams: many('team') }
  const names = fittingNames(identity, serverWith('*'))
  expect(lengthOf(names)).toBeLessThan(8300)
  expect(names.groups).toEqual(identity.groups.slice(0, names.groups.length))
})

it('those that a rule of the server is about come first, wherever they stand', () => {
  const identity = {
    ...OCTOCAT,
    groups: [...many('group'), 'last'],
    organizations: ['acme'],
    teams: [...many('team'), 'acme/ops'],
  }
  const names = fittingNames(identity, serverWith('group:last', 'github-org:acme', 'github-team:acme/ops'))
  expect(names.groups).toContain('last')
  expect(names.organizations).toEqual(['acme'])
  expect(names.teams).toEqual(['acme/ops'])
  expect(lengthOf(names)).toBeLessThan(8300)
})
