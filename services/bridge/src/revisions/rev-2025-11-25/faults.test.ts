import { describe, expect, it, vi } from 'vitest'
import { fixture, startBridge } from '../../testing/bridge-under-test.ts'
import { INITIALIZE, openSession, post, until } from '../../testing/test-client.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

describe('a server that crashes', () => {
  it('fails its calls at once with what it said last; its session is gone, others live', async () => {
    await using bridge = await startBridge({ servers: { echo: fixture('echo') } })
    const url = `${bridge.url}/echo/mcp`
    const [crashing, other] = [await openSession(url), await openSession(url)]
    const waiting = crashing.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'never' } })
    const started = performance.now()
    const answer = await (
      await crashing.post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'crash', arguments: { code: 9 } } })
    ).json()
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 2,
      error: { code: -32603, message: 'The server "echo" ended (exit code 9): out of luck' },
    })
    expect(await (await waiting).json()).toMatchObject({ id: 1, error: { code: -32603 } })
    expect(performance.now() - started).toBeLessThan(2000)
    expect((await crashing.post({ jsonrpc: '2.0', id: 3, method: 'ping' })).status).toBe(404)
    expect(await other.call('echo', { text: 'alive' })).toBe('alive')
    expect(await bridge.metric('gatehouse_bridge_child_restarts_total')).toBe(1)
  })

  it('and is killed from outside fails its calls with the signal', async () => {
    await using bridge = await startBridge({ servers: { echo: fixture('echo') } })
    const session = await openSession(`${bridge.url}/echo/mcp`)
    const pid = Number(await session.call('pid'))
    const pending = session.call('never')
    setTimeout(() => process.kill(pid, 'SIGKILL'), 30)
    expect(await pending).toBe('The server "echo" ended (signal SIGKILL).')
  })

  it('after initialize slows down its own person only', async () => {
    await using bridge = await startBridge({ servers: { echo: fixture('echo') } })
    const url = `${bridge.url}/echo/mcp`
    const session = await openSession(url)
    await session.call('crash')
    const again = await post(url, INITIALIZE)
    expect([again.status, again.headers.get('retry-after')]).toEqual([503, '1'])
    await bridge.bridge.ready()
    bridge.advance(1_001)
    expect((await post(url, INITIALIZE)).status).toBe(200)
  })

  it('at its start is started again after 1, 2, 4 s …, and the bridge is not ready until then', async () => {
    const broken = { command: process.execPath, args: ['-e', 'console.error("no database"); process.exit(1)'] }
    await using bridge = await startBridge({ servers: { broken } })
    const url = `${bridge.url}/broken/mcp`
    for (const seconds of [1, 2, 4]) {
      await bridge.bridge.ready()
      const crash = await post(url, INITIALIZE)
      expect([crash.status, crash.headers.get('mcp-session-id')]).toEqual([200, null])
      expect(await crash.json()).toMatchObject({
        id: 'init',
        error: { code: -32603, message: 'The server "broken" ended (exit code 1): no database' },
      })
      const waiting = await post(url, INITIALIZE)
      expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, String(seconds)])
      await expect(bridge.bridge.ready()).rejects.toThrow('broken: keeps crashing')
      bridge.advance(seconds * 1000 + 1)
    }
  })

  it.each([
    ['a command that does not exist', { command: 'no-such-command-anywhere' }, 'ENOENT'],
    ['a file that may not be run', { command: '/etc/passwd' }, 'EACCES'],
    ['a folder that does not exist', { command: process.execPath, cwd: '/no/such/folder' }, 'ENOENT'],
  ])('%s is an error of the request, and the bridge lives', async (_what, broken, code) => {
    await using bridge = await startBridge({ servers: { broken, echo: fixture('echo') } })
    const response = await post(`${bridge.url}/broken/mcp`, INITIALIZE)
    expect(await response.json()).toMatchObject({
      id: 'init',
      error: { message: `The server "broken" could not be started (${code}).` },
    })
    const session = await openSession(`${bridge.url}/echo/mcp`)
    expect(await session.call('echo', { text: 'lives' })).toBe('lives')
    const ready = await bridge.bridge.internal.inject('/readyz')
    expect([ready.statusCode, ready.json().degraded[0].server]).toEqual([200, 'broken'])
  })

  it('whose command is missing is named at start', async () => {
    await using bridge = await startBridge({
      servers: { one: { command: 'nope-1' }, two: { command: 'nope-2' }, echo: fixture('echo') },
    })
    expect(bridge.logged.filter(({ event }) => event === 'command_missing').map(({ server }) => server)).toEqual(['one', 'two'])
    expect((await bridge.bridge.internal.inject('/readyz')).json()).toEqual({
      status: 'ready',
      degraded: ['one', 'two'].map((server) => ({ server, reason: 'its command is not found' })),
    })
  })
})

describe('a server with bad manners', () => {
  it('is understood through junk, CRLF, blanks and characters cut in two', async () => {
    await using bridge = await startBridge({ servers: { noisy: fixture('noisy') } })
    const session = await openSession(`${bridge.url}/noisy/mcp`)
    expect(await session.call('split', { text: 'Grüße 🎉 ✓' })).toBe('Grüße 🎉 ✓')
    expect(await session.call('junk', { bytes: 200_000 })).toBe('after junk')
    expect(await session.call('split', { text: '🎉'.repeat(50) })).toBe('🎉'.repeat(50))
    const junk = bridge.logged.filter(({ event }) => event === 'child_junk')
    expect(junk.length).toBeGreaterThan(3)
    expect(junk.length).toBeLessThanOrEqual(5)
    expect(await bridge.metric('gatehouse_bridge_junk_lines_total')).toBeGreaterThanOrEqual(6)
  })

  it('may write 4 MB to its standard error; little of it is logged', async () => {
    await using bridge = await startBridge({ servers: { noisy: fixture('noisy') } })
    const session = await openSession(`${bridge.url}/noisy/mcp`)
    expect(await session.call('stderr', { bytes: 4_000_000 })).toBe('said it')
    const lines = bridge.logged.filter(({ event }) => event === 'child_stderr')
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(500)
  })

  it('is ended when it writes a line that has no end', async () => {
    await using bridge = await startBridge({ servers: { noisy: fixture('noisy') } })
    const session = await openSession(`${bridge.url}/noisy/mcp`)
    expect(await session.call('overlong', { bytes: 66 * 1024 * 1024 })).toBe(
      'The server "noisy" wrote a message that is too long, and was ended.',
    )
    expect((await session.post({ jsonrpc: '2.0', id: 3, method: 'ping' })).status).toBe(404)
    await until(async () => (await bridge.metric('gatehouse_bridge_children')) === 0, 'it is gone')
  })

  it('that reads nothing is sent no more than fits, and others are not held up', async () => {
    await using bridge = await startBridge({
      servers: { deaf: fixture('deaf'), echo: fixture('echo') },
      config: { callTimeoutSeconds: 5 },
    })
    const session = await openSession(`${bridge.url}/deaf/mcp`)
    const other = await openSession(`${bridge.url}/echo/mcp`)
    const large = { jsonrpc: '2.0', method: 'notifications/large', params: { text: 'z'.repeat(9_000_000) } }
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) statuses.push((await session.post(large)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 503, 503])
    expect(await other.call('echo', { text: 'not held up' })).toBe('not held up')
  })
})
