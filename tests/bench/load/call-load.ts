import { type HttpAnswer, HttpConnection } from './http-connection.ts'
import { callMessage, faultOf, initializedMessage, initializeMessage, messageIn, nonceOf, PROTOCOL_VERSION } from './json-rpc.ts'
import type { Load } from './request-load.ts'
import { type Lane, runWindow } from './window.ts'

/** One echo tool over streamable HTTP, on one or many sessions. */
export interface CallLoadOptions {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly sessions: number
  readonly resultBytes?: number
  /** A constant answer has no sessions, and cannot be right. */
  readonly isConstant?: boolean
  /** A file with the header's value, read anew for every window: an assertion lives for a minute. */
  readonly assertion: () => string
}

interface OpenSession {
  readonly id: string
  /** Every session counts from 1, as the SDKs do, so ids of different sessions are the same all the time. */
  nextId: number
}

export async function openCallLoad(options: CallLoadOptions): Promise<Load & { burst(calls: number): Promise<number> }> {
  const { port, connections, resultBytes = 0, isConstant = false } = options
  let head = headOf(options)
  const sessions: OpenSession[] = []
  for (let opened = 0; opened < options.sessions; opened++) sessions.push({ id: await openSession(port, head), nextId: 1 })
  let turn = 0

  const call = (connection: HttpConnection, done: (error?: Error) => void) => {
    const number = turn++ % sessions.length
    const session = sessions[number] as OpenSession
    const id = session.nextId++
    const nonce = nonceOf(number, id)
    connection.send(requestOf(head, session.id, callMessage(id, nonce, resultBytes)), (answer) => {
      if (answer.status !== 200) done(new Error(`answered ${answer.head}\n${answer.body.toString('utf8', 0, 400)}`))
      else if (isConstant) done()
      else {
        const fault = faultOf(messageIn(isEventStream(answer), answer.body), id, nonce, resultBytes)
        done(fault === undefined ? undefined : new Error(fault))
      }
    })
  }
  const open: HttpConnection[] = []
  const lanes = Array.from({ length: connections }, (): Lane => {
    let fault: ((error: Error) => void) | undefined
    const connection = new HttpConnection(port, (error) => fault?.(error))
    open.push(connection)
    return (done) => {
      fault = done
      call(connection, done)
    }
  })
  return {
    run: (until) => {
      head = headOf(options)
      return runWindow(lanes, until)
    },
    /** So many connections at once, a call each. @returns milliseconds until every answer was there and right */
    burst: async (calls) => {
      head = headOf(options)
      const since = performance.now()
      const crowd: HttpConnection[] = []
      await Promise.all(
        Array.from(
          { length: calls },
          () =>
            new Promise<void>((resolve, reject) => {
              const connection = new HttpConnection(port, reject)
              crowd.push(connection)
              call(connection, (error) => (error === undefined ? resolve() : reject(error)))
            }),
        ),
      )
      const took = performance.now() - since
      for (const connection of crowd) connection.close()
      return took
    },
    close: () => {
      for (const connection of open) connection.close()
    },
  }
}

/** @returns milliseconds from `initialize` to its answer, with a child that starts meanwhile */
export async function timeSession(options: CallLoadOptions): Promise<number> {
  const head = headOf(options)
  const since = performance.now()
  const id = await openSession(options.port, head, false)
  const took = performance.now() - since
  await exchange(options.port, `${head.replace('POST', 'DELETE')}mcp-session-id: ${id}\r\n\r\n`, [200, 204])
  return took
}

/** @returns the session's id; empty for a constant answer */
async function openSession(port: number, head: string, confirm = true): Promise<string> {
  const opened = await exchange(port, requestOf(head, '', initializeMessage), [200])
  const id = /\r\nmcp-session-id: *([^\r]+)/i.exec(opened.head)?.[1] ?? ''
  if (confirm) await exchange(port, requestOf(head, id, initializedMessage), [200, 202])
  return id
}

function exchange(port: number, request: string, statuses: readonly number[]): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const connection = new HttpConnection(port, reject)
    connection.send(request, (answer) => {
      connection.close()
      if (statuses.includes(answer.status)) resolve(answer)
      else reject(new Error(`answered ${answer.head}\n${answer.body.toString('utf8', 0, 400)}`))
    })
  })
}

/** What a client and the reverse proxy in front of the bridge send with every request. */
const headOf = ({ port, path, assertion }: CallLoadOptions): string =>
  [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: application/json, text/event-stream',
    'accept-encoding: gzip, deflate',
    'user-agent: gatehouse-bench/1',
    `mcp-protocol-version: ${PROTOCOL_VERSION}`,
    'x-request-id: bench-0123456789',
    `x-auth-assertion: ${assertion()}`,
    '',
  ].join('\r\n')

const requestOf = (head: string, session: string, body: string): string =>
  `${head}${session === '' ? '' : `mcp-session-id: ${session}\r\n`}content-length: ${body.length}\r\n\r\n${body}`

const isEventStream = ({ head }: HttpAnswer): boolean => /\r\ncontent-type: *text\/event-stream/i.test(head)
