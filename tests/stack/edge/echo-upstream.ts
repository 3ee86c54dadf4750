import { createServer } from 'node:http'

/**
 * An HTTP MCP server in a container of the edge tests. Its tool `headers` tells which headers reached it; `wait` says
 * something every 200 ms before it answers, as an event stream.
 */
const PORT = 8000
const TICK_MS = 200

interface Call {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly name?: string; readonly _meta?: { readonly progressToken?: number | string } }
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const call = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call
  if (call.id === undefined) return void response.writeHead(202).end()
  const answer = (result: object) => JSON.stringify({ jsonrpc: '2.0', id: call.id, result })
  if (call.params?.name !== 'wait') {
    response.writeHead(200, { 'content-type': 'application/json' })
    return void response.end(answer(resultOf(call, { ...request.headers, ':length': String(Buffer.concat(chunks).length) })))
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let ticks = 0
  const timer = setInterval(() => {
    ticks++
    if (ticks < 5) {
      const params = { progressToken: call.params?._meta?.progressToken ?? 0, progress: ticks }
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`)
      return
    }
    clearInterval(timer)
    response.end(`data: ${answer({ content: [{ type: 'text', text: 'waited' }] })}\n\n`)
  }, TICK_MS)
})

function resultOf(call: Call, headers: object): object {
  if (call.method === 'initialize') {
    return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1.0.0' } }
  }
  if (call.method === 'tools/list')
    return { tools: ['headers', 'wait'].map((name) => ({ name, inputSchema: { type: 'object' } })) }
  return { content: [{ type: 'text', text: JSON.stringify(headers) }] }
}

server.listen(PORT)
process.on('SIGTERM', () => process.exit(0))
