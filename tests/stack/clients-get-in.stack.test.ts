import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { createPerson, type Person } from '../support/person.ts'
import { openMcpRemote } from './mcp-remote.ts'
import { callFromPython, preparePython } from './python/python.ts'
import { type Host, SDK_HOSTS } from './sdk-clients.ts'
import { type Stack, startStack } from './stack.ts'

/** A tool of each sample server, and what its answer must look like. */
const CALLS = [
  ['everything', 'echo', { message: 'through the gate' }, /through the gate/],
  [
    'memory',
    'create_entities',
    { entities: [{ name: 'Ada', entityType: 'person', observations: ['likes engines'] }] },
    /likes engines|\[\]/,
  ],
  ['time', 'get_current_time', { timezone: 'Europe/Berlin' }, /Europe\/Berlin/],
] as const

describeWithDocker('the compose stack as it comes, without a .env', () => {
  let stack: Stack
  let person: Person
  beforeAll(async () => {
    stack = await startStack()
    person = createPerson({ password: stack.password })
  })
  afterAll(() => stack?.remove())

  /** Signed in before the restart; used again after it. */
  const hosts: [name: string, host: Host, tool: string, args: Record<string, unknown>, answer: RegExp][] = []

  it('shows a password once, and where to sign in', async () => {
    expect(await stack.logs('secrets')).toContain(`Sign in at ${stack.url} with this password, shown only now: `)
    expect(stack.password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)
  })

  describe.each(SDK_HOSTS)('%s', (name, open) => {
    it.each(CALLS)('signs in at %s and calls its tool %s', async (server, tool, args, answer) => {
      const host = open(stack.server(server), person)
      const connection = await host.connect()
      expect(await connection.tools()).toContain(tool)
      expect(await connection.call(tool, args)).toMatch(answer)
      await connection.close()
      expect(host.browserVisits()).toBe(1)
      hosts.push([`${name} at ${server}`, host, tool, args, answer])
    })

    it('renews its access token by itself, in the middle of a session', async () => {
      const host = open(stack.server('everything'), person)
      const connection = await host.connect()
      host.spoilAccessToken()
      const spoiled = host.accessToken()
      expect(await connection.call('echo', { message: 'again' })).toContain('again')
      expect(host.accessToken()).not.toBe(spoiled)
      expect(host.browserVisits()).toBe(1)
      await connection.close()
    })
  })

  describe('mcp-remote', () => {
    it.each(CALLS)(
      'signs in at %s and calls its tool %s; with a token that has run out it needs no browser',
      async (server, tool, args, answer) => {
        const host = openMcpRemote(stack.server(server), stack.password)
        try {
          const first = await host.connect()
          expect(await first.tools()).toContain(tool)
          expect(await first.call(tool, args)).toMatch(answer)
          await first.close()
          expect(host.browserVisits()).toBe(1)
          host.spoilAccessToken()
          const spoiled = host.accessToken()
          const second = await host.connect()
          expect(await second.call(tool, args)).toMatch(answer)
          await second.close()
          expect(host.browserVisits()).toBe(1)
          expect(host.accessToken()).not.toBe(spoiled)
        } finally {
          host.remove()
        }
      },
    )
  })

  describe('the official Python SDK', () => {
    beforeAll(preparePython)

    it.each(CALLS)('signs in at %s, calls its tool %s, and renews its token by itself', async (server, tool, args, answer) => {
      const outcome = await callFromPython(stack.server(server), tool, args, stack.password)
      expect(outcome.tools).toContain(tool)
      expect(outcome.text).toMatch(answer)
      expect(outcome.again).toMatch(answer)
      expect(outcome).toMatchObject({ visits: 1, refreshed: true })
    })
  })

  it('keeps everybody signed in when every container is restarted', async () => {
    expect(hosts).toHaveLength(SDK_HOSTS.length * CALLS.length)
    await stack.compose('restart')
    await stack.compose('up', '--detach', '--wait')
    for (const [name, host, tool, args, answer] of hosts) {
      const connection = await host.connect()
      expect(await connection.call(tool, args), name).toMatch(answer)
      await connection.close()
      expect(host.browserVisits(), name).toBe(1)
    }
  })

  it('keeps everybody signed in, and what servers wrote, when every container is made anew', async () => {
    await stack.compose('down')
    await stack.compose('up', '--detach', '--wait')
    const [, host] = hosts.find(([name]) => name.endsWith('at memory')) ?? []
    const connection = await host?.connect()
    expect(await connection?.call('read_graph', {})).toContain('likes engines')
    await connection?.close()
    expect(host?.browserVisits()).toBe(1)
    expect(await stack.logs('secrets')).toContain('with the password of the first start')
    expect(await stack.logs('secrets')).not.toContain(stack.password)
  })
})
