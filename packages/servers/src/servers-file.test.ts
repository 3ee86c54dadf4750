import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isStdioServer, parseServers, readServersFile, ServersFileError } from './servers-file.ts'

const variable = (text: string) => `$\\{${text}}`.replace('\\', '')
const read = (mcpServers: unknown, environment: Record<string, string | undefined> | undefined = {}) =>
  parseServers(JSON.stringify({ mcpServers }), 'mcp.json', environment)

describe('the servers file', () => {
  it('is what READMEs print, in its order, members of others left out', () => {
    const servers = read({
      memory: {
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-memory'],
        env: { A: '1' },
        autoApprove: ['x'],
        type: 'stdio',
      },
      docs: { type: 'http', url: 'http://docs:3000/mcp', headers: { 'X-Key': 'k' } },
      off: { command: 'x', disabled: true },
    })
    expect(servers).toEqual([
      { name: 'memory', type: 'stdio', command: 'npx', args: ['-y', '@modelcontextprotocol/server-memory'], env: { A: '1' } },
      { name: 'docs', type: 'http', url: 'http://docs:3000/mcp', headers: { 'X-Key': 'k' } },
    ])
    expect(servers.map(isStdioServer)).toEqual([true, false])
  })

  it('has variables filled in, with defaults, in every place where they make sense', () => {
    const filled = { KEY: 'k', PORT: '3000', EMPTY: '' }
    expect(
      read(
        {
          a: {
            command: variable('KEY'),
            args: [`--x=${variable('KEY')}${variable('KEY')}`],
            env: { B: variable('NO:-d') },
            cwd: variable('EMPTY:-/x'),
          },
          b: { url: `http://host:${variable('PORT')}/mcp`, headers: { Authorization: `Bearer ${variable('env:KEY')}` } },
        },
        filled,
      ),
    ).toMatchObject([
      { command: 'k', args: ['--x=kk'], env: { B: 'd' }, cwd: '/x' },
      { url: 'http://host:3000/mcp', headers: { Authorization: 'Bearer k' } },
    ])
  })

  it('keeps variables as they are for a process that starts no server', () => {
    const [server] = parseServers(JSON.stringify({ mcpServers: { a: { command: variable('NO') } } }), 'mcp.json', undefined)
    expect(server).toMatchObject({ command: variable('NO') })
  })

  it.each<[string, unknown, string]>([
    ['a name with a dot', { 'a.b': { command: 'x' } }, 'mcpServers.a.b'],
    ['a name with a slash', { 'a/b': { command: 'x' } }, 'must be letters, digits, - or _'],
    ['a name of the gateway', { Token: { command: 'x' } }, 'is a name of the gateway itself'],
    ['two names that differ by case', { docs: { command: 'x' }, Docs: { command: 'x' } }, 'differ only by case'],
    ['neither command nor url', { a: { args: [] } }, 'mcpServers.a needs "command" or "url"'],
    ['both command and url', { a: { command: 'x', url: 'http://x/mcp' } }, 'has both'],
    ['an entry that is no object', { a: 'npx' }, 'mcpServers.a needs "command" or "url"'],
    ['an empty command', { a: { command: '' } }, 'mcpServers.a.command'],
    ['arguments that are numbers', { a: { command: 'x', args: [1] } }, 'mcpServers.a.args.0'],
    ['a URL that is none', { a: { url: 'docs' } }, 'mcpServers.a.url is not an http or https URL'],
    ['a URL of another kind', { a: { url: 'file:///etc/passwd' } }, 'mcpServers.a.url is not an http or https URL'],
    ['the old event stream', { a: { type: 'sse', url: 'http://x/sse' } }, 'mcpServers.a.type'],
    ['a rule that is none', { a: { command: 'x', allow: ['octocat'] } }, '"octocat" is not a rule'],
    ['a scope with a space', { a: { command: 'x', scopes: { 'a b': ['x'] } } }, 'is not a scope name'],
    ['a limit that is unknown', { a: { command: 'x', limits: { session: 1 } } }, 'mcpServers.a.limits'],
    ['a variable that is not set', { a: { command: variable('NOPE') } }, 'uses $' + '{NOPE}, which is not set'],
  ])('is refused with a sentence for %s', (_what, servers, sentence) => {
    expect(() => read(servers)).toThrow(ServersFileError)
    expect(() => read(servers)).toThrow(sentence)
  })

  it('tells every fault at once, and no value of env or headers', () => {
    const faulty = () =>
      read({
        a: { command: 'x', env: { KEY: 5, OTHER: 'secret' } },
        b: { url: 'http://x', headers: { K: ['secret'] } },
        'c.d': { command: 'x' },
      })
    for (const name of ['mcpServers.a.env.KEY', 'mcpServers.b.headers.K', 'mcpServers.c.d']) expect(faulty).toThrow(name)
    expect(faulty).not.toThrow('secret')
  })

  it('is refused when it is missing or no JSON', () => {
    const folder = mkdtempSync(join(tmpdir(), 'servers-'))
    expect(() => readServersFile(join(folder, 'no.json'), {})).toThrow('ENOENT')
    writeFileSync(join(folder, 'bad.json'), '{')
    expect(() => readServersFile(join(folder, 'bad.json'), {})).toThrow('is not JSON')
    writeFileSync(join(folder, 'mcp.json'), '{"$schema":"./mcp.schema.json","mcpServers":{}}')
    expect(readServersFile(join(folder, 'mcp.json'), {})).toEqual([])
  })
})
