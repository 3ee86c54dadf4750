import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpMcpServer {
  /** For `url` in the servers file. */
  readonly url: string
  /** The headers of every request, oldest first. */
  readonly seen: IncomingHttpHeaders[]
  close(): Promise<void>
}

/** An MCP server over HTTP that answers everything with an empty result, and remembers what reached it. */
export async function startHttpMcpServer(): Promise<HttpMcpServer> {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer(async (request, response) => {
    seen.push(request.headers)
    let text = ''
    for await (const chunk of request) text += chunk
    const { id } = text === '' ? {} : (JSON.parse(text) as { id?: number })
    if (id === undefined) response.writeHead(202).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
