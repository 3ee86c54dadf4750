import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../process/answer-questions.ts'

/**
 * The least that can be called a bridge: a child per session, ids renumbered, nothing checked, nothing limited, nothing
 * logged. What ours costs above it is the price of being one that people can use.
 */
interface Session {
  readonly child: ChildProcess
  readonly waiting: Map<number, { readonly response: ServerResponse; readonly id: unknown }>
  nextId: number
}

const NEWLINE = 0x0a
const KEEP_ALIVE_MS = 120_000
const sessions = new Map<string, Session>()

answerQuestions({
  start: ({ command }: { command: readonly string[] }) => {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => serve(request, response, Buffer.concat(chunks), command))
    })
    return new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', 1024, () => resolve((server.address() as AddressInfo).port))
    })
  },
})

function serve(request: IncomingMessage, response: ServerResponse, body: Buffer, command: readonly string[]): void {
  const named = request.headers['mcp-session-id']
  const id = typeof named === 'string' ? named : `session-${sessions.size}-${process.pid}`
  const session = sessions.get(id) ?? open(id, command)
  if (request.method === 'DELETE') {
    session.child.stdin?.end()
    sessions.delete(id)
    response.writeHead(204).end()
    return
  }
  const message = JSON.parse(body.toString('utf8')) as { id?: unknown }
  if (message.id === undefined) {
    session.child.stdin?.write(`${JSON.stringify(message)}\n`)
    response.writeHead(202).end()
    return
  }
  if (named === undefined) response.setHeader('mcp-session-id', id)
  const number = session.nextId++
  session.waiting.set(number, { response, id: message.id })
  message.id = number
  session.child.stdin?.write(`${JSON.stringify(message)}\n`)
}

function open(id: string, [command = '', ...args]: readonly string[]): Session {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const session: Session = { child, waiting: new Map(), nextId: 1 }
  sessions.set(id, session)
  let held: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      held.push(chunk.subarray(start, end))
      const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
      held = []
      start = end + 1
      settle(session, line)
    }
    if (start < chunk.length) held.push(chunk.subarray(start))
  })
  return session
}

function settle(session: Session, line: Buffer): void {
  const answer = JSON.parse(line.toString('utf8')) as { id?: unknown }
  const call = session.waiting.get(Number(answer.id))
  if (call === undefined) return
  session.waiting.delete(Number(answer.id))
  answer.id = call.id
  const text = JSON.stringify(answer)
  call.response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}
