import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../process/answer-questions.ts'

/** Bare node:http with one answer for everything: no server with that answer is faster. */
export interface ConstantOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const KEEP_ALIVE_MS = 120_000

answerQuestions({
  start: ({ headers, body }: ConstantOptions) => {
    const all = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(200, all).end(body)
        return
      }
      // The whole body is read, as whoever answers a call must.
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.writeHead(200, all).end(body))
    })
    return new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', 1024, () => resolve((server.address() as AddressInfo).port))
    })
  },
})
