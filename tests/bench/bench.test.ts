import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpAnswer, HttpConnection } from './load/http-connection.ts'
import { callMessage, faultOf, messageIn, nonceOf } from './load/json-rpc.ts'
import { type Lane, runWindow } from './load/window.ts'
import { shippedFlags } from './process/shipped-flags.ts'
import { renderReports } from './report/table.ts'
import { median, ratioOf, type Sample, spread } from './rounds.ts'
import { writeTraefikConfiguration } from './suites/traefik-configuration.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Answers every request with these bytes, a packet each. */
async function askServerOf(...packets: readonly string[]): Promise<HttpAnswer> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', async () => {
      for (const packet of packets) await new Promise((written) => socket.write(packet, written))
    })
  })
  servers.push(server)
  const port = await new Promise<number>((listening) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      listening(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return new Promise((answered, failed) => {
    const connection = new HttpConnection(port, failed)
    connection.send('GET / HTTP/1.1\r\n\r\n', (answer) => {
      connection.close()
      answered(answer)
    })
  })
}

describe('the load generator', () => {
  it.each([
    ['with a length', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello']],
    ['in pieces', ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r', '\nhel', 'lo']],
    ['in chunks', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n', '2\r\nlo\r\n0\r', '\n\r\n']],
  ])('reads an answer %s', async (_form, packets) => {
    const answer = await askServerOf(...packets)
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toBe('hello')
  })

  it('takes a status without a body for an answer', async () => {
    const answer = await askServerOf('HTTP/1.1 202 Accepted\r\n\r\n')
    expect(answer.status).toBe(202)
    expect(answer.body).toHaveLength(0)
  })

  it('tells the right answer from one that belongs to another call', () => {
    const nonce = nonceOf(3, 7)
    const answer = (id: number, text: string) =>
      JSON.stringify({ result: { content: [{ type: 'text', text }] }, jsonrpc: '2.0', id })
    expect(JSON.parse(callMessage(7, nonce, 0)).params.arguments.text).toBe(nonce)
    expect(faultOf(answer(7, nonce), 7, nonce, 0)).toBeUndefined()
    expect(faultOf(answer(8, nonce), 7, nonce, 0)).toMatch(/another call's id/)
    expect(faultOf(answer(7, nonceOf(4, 7)), 7, nonce, 0)).toMatch(/another call's answer/)
    expect(faultOf(answer(7, nonce), 7, nonce, 1)).toMatch(/40 characters instead of 41/)
    expect(faultOf('<html>', 7, nonce, 0)).toMatch(/no JSON/)
  })

  it('finds the message in an event stream', () => {
    expect(messageIn(true, Buffer.from('event: message\ndata: {"id":1}\n\n'))).toBe('{"id":1}')
  })

  it('ends a window after so many requests, and fails it at the first wrong answer', async () => {
    const right: Lane = (done) => setImmediate(done)
    expect((await runWindow([right, right], { requests: 5 })).answered).toBe(5)
    const wrong: Lane = (done) => setImmediate(() => done(new Error('wrong')))
    await expect(runWindow([right, wrong], { requests: 5 })).rejects.toThrow('wrong')
  })
})

describe('the figures', () => {
  const sample = (requestsPerSecond: number): Sample => ({
    answered: 1,
    seconds: 1,
    p50Ms: 1,
    p99Ms: 1,
    requestsPerSecond,
    cpuMicrosPerRequest: 1,
    foreignCores: 0,
  })

  it('compare windows of the same round only', () => {
    const ratio = ratioOf(
      [sample(10), sample(100), sample(30)],
      [sample(10), sample(50), sample(10)],
      (one) => one.requestsPerSecond,
    )
    expect(ratio).toEqual({ median: 2, low: 1, high: 3 })
  })

  it('have the middle of an even number between two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(spread([2, 1, 3])).toEqual({ median: 2, low: 1, high: 3 })
  })

  it('are printed with what was not measured, and why', () => {
    const row = { what: 'speed', ours: '2/s', yardstick: '1/s', ratio: spread([2]), target: { text: '≥ 3', reached: false } }
    const table = renderReports([{ name: 'one', rows: [row], skipped: ['no docker'] }])
    expect(table).toMatch(/speed +\| 2\/s +\| 1\/s +\| 2\.00 \(2\.00 … 2\.00\) +\| ≥ 3 +\| NO/)
    expect(table).toContain('not measured (one): no docker')
  })
})

it("the stack's Traefik configuration still has what the benchmark replaces", () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-test-'))
  const addresses = { port: 1, pingPort: 2, secondPort: 3, verify: 'http://127.0.0.1:4/verify', backend: 'http://127.0.0.1:5' }
  writeTraefikConfiguration(resolve(import.meta.dirname, '../..'), folder, addresses)
  expect(readFileSync(join(folder, 'traefik.yaml'), 'utf8')).not.toMatch(/accessLog|letsencrypt/)
  expect(readFileSync(join(folder, 'dynamic/gateway.yaml'), 'utf8')).toContain('address: http://127.0.0.1:4/verify')
  rmSync(folder, { recursive: true })
})

it.each(['start', 'auth', 'bridge'] as const)('what is measured starts as `npm run %s` does', (script) => {
  const [option, file = ''] = shippedFlags(script)
  expect(option).toBe('--import')
  expect(existsSync(file)).toBe(true)
})
