import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands before replicas: each request goes to another one than the request before. */
export interface Balancer {
  readonly url: string
  use(targets: readonly string[]): void
  /** Which replica the next request goes to, 0 or 1. */
  turnTo(index: number): void
  /** Which replica each request went to, `POST /token → 1`. */
  readonly trace: readonly string[]
  close(): Promise<void>
}

export async function startBalancer(): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true })
  const trace: string[] = []
  let targets: readonly string[] = []
  let turn = 0
  const server = createServer((incoming, answer) => {
    const target = targets[turn++ % targets.length]
    if (target === undefined) return void answer.writeHead(503).end()
    trace.push(`${incoming.method} ${incoming.url?.split('?')[0]} → ${targets.indexOf(target) + 1}`)
    const { hostname, port } = new URL(target)
    const { method, url: path, headers } = incoming
    const outgoing = request({ hostname, port, method, path, headers, agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    use: (next) => {
      targets = next
    },
    turnTo: (index) => {
      turn = index
    },
    trace,
    close: async () => {
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
