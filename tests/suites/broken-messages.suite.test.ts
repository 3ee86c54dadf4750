import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { figure, rounds } from '../support/figures.ts'
import { send } from '../support/http.ts'
import { type RunningServer, startServer } from './server.ts'

const MESSAGES = rounds(1_000, 10_000)
const AT_ONCE = 20
/** A message that is never complete is cut off; nobody waits for the listener's own limit. */
const PATIENCE_MS = 300

let server: RunningServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

/** The same numbers in every run (mulberry32). */
function createChance(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
const chance = createChance(1)
const oneOf = <T>(list: readonly T[]): T => list[chance(list.length)] as T

const PATHS = [
  '/',
  '/token',
  '/register',
  '/authorize?client_id=x',
  '/echo/mcp',
  '/.well-known/jwks.json',
  '/consent',
  '/par',
  '/device',
]
const BODIES = [
  '',
  'grant_type=refresh_token&client_id=x',
  '{"redirect_uris":["https://a.example/"]}',
  '{"jsonrpc":"2.0","id":1,"method":"ping"}',
]
const TYPES = ['application/x-www-form-urlencoded', 'application/json', 'text/plain']

function wholeMessage(): string {
  const body = oneOf(BODIES)
  const headers = [
    `Host: localhost:${server.port}`,
    `Content-Type: ${oneOf(TYPES)}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Accept: text/html',
    'Connection: close',
  ]
  return `${oneOf(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])} ${oneOf(PATHS)} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`
}

const JUNK = [
  '\0',
  '\r',
  '\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  '%',
  '\u00ff',
  '\u0080',
  '"',
  '\\',
  '?',
  '#',
  '/../',
  '//',
  'A'.repeat(9_000),
]
const LINES = [
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Host: evil.test\r\n',
  'Host:\r\n',
  'Authorization: Bearer \u00ff\r\n',
  'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n',
  'X-Forwarded-Host: evil.test\r\nX-Forwarded-Proto: javascript\r\n',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
  'Expect: 100-continue\r\n',
  ': no name\r\n',
  ' folded\r\n',
  'Cookie: __Host-gatehouse-session=%00; __Host-gatehouse-browser=\u00ff\r\n',
]
const CHANGES: readonly ((message: string) => string)[] = [
  (message) => message.slice(0, chance(message.length)),
  (message) => insert(message, oneOf(JUNK), chance(message.length)),
  (message) => message.slice(0, chance(message.length)) + message.slice(chance(message.length)),
  (message) => insert(message, oneOf(LINES), message.indexOf('\r\n') + 2),
  (message) => message.replace('HTTP/1.1', oneOf(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 HTTP/1.1', ''])),
  (message) => message.replace(/^\w+/, oneOf(['get', 'TRACE', 'CONNECT', 'PRI', 'G E T', '', 'X'.repeat(300), 'M-SEARCH'])),
  (message) =>
    message.replace(
      / \S+ /,
      () => ` ${oneOf(['http://evil.test/', '*', 'localhost:80', '/%', '/%00', '/\u00e9', `/${'a/'.repeat(4_000)}`])} `,
    ),
  (message) => message.replaceAll('\r\n', oneOf(['\n', '\r', '\r\r\n'])),
  (message) => message + message,
]
const insert = (message: string, what: string, at: number) => message.slice(0, at) + what + message.slice(at)

/** @returns every status that came back; the connection is cut when nothing more comes */
async function exchange(message: string): Promise<number[]> {
  const socket = connect(server.port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.write(Buffer.from(message, 'latin1'))
  await once(socket, 'close')
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
}

it(`answers ${MESSAGES} broken messages with no 5xx, and goes on (RES-01)`, { timeout: 1_800_000 }, async () => {
  const statuses = new Map<number, number>()
  let sent = 0
  const sendSome = async () => {
    while (sent < MESSAGES) {
      sent++
      let message = wholeMessage()
      for (let change = chance(3); change >= 0; change--) message = oneOf(CHANGES)(message)
      for (const status of await exchange(message)) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome))
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  const faults = [...statuses].filter(([status]) => status >= 500)
  const failed = faults.reduce((sum, [, count]) => sum + count, 0)
  figure('broken messages: answers below 500', answered - failed, answered, `${sent} messages`)
  // HTTP/2.0 and the like: 505 is what RFC 9110 §15.6.6 wants.
  expect(faults.filter(([status]) => status !== 505)).toEqual([])
  expect(server.isAlive()).toBe(true)
  expect(server.log()).not.toMatch(/unexpected failure|"level":"(error|fatal)"/)
  expect((await send(server.url)).status).toBe(200)
})
