import { describe, expect, it, vi } from 'vitest'
import { fixture } from '../testing/bridge-under-test.ts'
import { isRunning } from '../testing/processes.ts'
import { until } from '../testing/test-client.ts'
import { type Child, type ChildEnd, type ChildOptions, startChild } from './child.ts'

// Processes start in it, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const WAITS = { afterEofMs: 200, afterTermMs: 200, afterKillMs: 500 }

interface Started {
  readonly child: Child
  readonly lines: string[]
  readonly end: Promise<ChildEnd>
}

function start(command: string, args: readonly string[], more: Partial<ChildOptions> = {}): Started {
  const lines: string[] = []
  const { promise: end, resolve } = Promise.withResolvers<ChildEnd>()
  const child = startChild({
    command,
    args,
    env: { PATH: process.env.PATH ?? '' },
    now: Date.now,
    onLine: (line) => lines.push(line.toString()),
    onStderr: () => {},
    onEnd: resolve,
    stopWaits: WAITS,
    ...more,
  })
  return { child, lines, end }
}

const node = (script: string, more: Partial<ChildOptions> = {}): Started => start(process.execPath, ['-e', script], more)

describe.concurrent('a child', () => {
  it('is started without a shell: nothing in its arguments is more than text', async () => {
    const words = ['$(id)', ';', '`id`', '--flag', '| cat', '*', '']
    const { lines, end } = node('console.log(JSON.stringify(process.argv.slice(1)))', {
      args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words],
    })
    await end
    expect(JSON.parse(lines[0] ?? '')).toEqual(words)
  })

  it('gets every line once and in order, however fast they come', async () => {
    const { child, lines } = node('process.stdin.pipe(process.stdout)')
    const sent = Array.from({ length: 5000 }, (_none, index) => `${index}:${'ü'.repeat(index % 50)}`)
    for (const line of sent) child.write(Buffer.from(`${line}\n`))
    await until(() => lines.length === sent.length, 'all lines came back')
    expect(lines).toEqual(sent)
    await child.stop()
  })

  it('has said all it had to say when its end is told', async () => {
    const { lines, end } = node(
      'console.log("x".repeat(300000)); console.log("last"); process.exitCode = 4; process.stdin.destroy()',
    )
    expect(await end).toMatchObject({ reason: 'exit', code: 4, signal: null })
    expect(lines.at(-1)).toBe('last')
  })

  it('that closes its input is ended', async () => {
    const { child, end } = node('require("fs").closeSync(0); setInterval(() => {}, 1000)')
    const writing = setInterval(() => child.write(Buffer.from('hello\n')), 20)
    expect(await end).toEqual({ reason: 'deaf' })
    clearInterval(writing)
    await child.gone
    expect(isRunning(child.pid ?? 0)).toBe(false)
  })

  it('is ended with what it has started, though all of it ignores TERM and the end of its input', async () => {
    const { command, args } = fixture('stubborn')
    const { child, lines } = start(command, args)
    child.write(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pids"}}\n'))
    await until(() => lines.length === 1, 'it told its processes')
    const pids = (/\d+ \d+/.exec(lines[0] ?? '')?.[0] ?? '').split(' ').map(Number)
    expect(pids.every(isRunning)).toBe(true)
    const started = performance.now()
    await child.stop()
    expect(performance.now() - started).toBeLessThan(3000)
    expect(pids.filter(isRunning)).toEqual([])
  })

  it('that crashes leaves no grandchild behind', async () => {
    const loop = "process.on('SIGTERM',()=>{});setInterval(()=>{},1000)"
    const script = `const c=require('child_process').spawn(process.execPath,['-e',${JSON.stringify(loop)}]);console.log(c.pid);setTimeout(()=>process.exit(1),100)`
    const { child, lines, end } = node(script)
    await end
    await child.gone
    expect(isRunning(Number(lines[0]))).toBe(false)
  })

  it('waits when its reader is paused', async () => {
    const { child, lines } = node('for (let i = 0; i < 200; i++) console.log("x".repeat(10000))')
    child.pause()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const whilePaused = lines.length
    child.resume()
    await until(() => lines.length === 200, 'the rest')
    expect(whilePaused).toBeLessThan(50)
    await child.stop()
  })

  it('that outgrows its line is ended', async () => {
    const { end } = node('process.stdout.write("x".repeat(2000)); setInterval(() => {}, 1000)', { maxLineBytes: 1000 })
    expect(await end).toEqual({ reason: 'line_too_long' })
  })
})
