import { createInterface } from 'node:readline'

/**
 * The smallest MCP server over stdio: one tool that says back what it is told. Nothing but Node's own modules, so that a
 * child is up in a blink.
 */
const TOOL = {
  name: 'echo',
  description: 'Says back what it is told.',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
}

interface Request {
  readonly id?: number | string
  readonly method?: string
  readonly params?: {
    readonly protocolVersion?: string
    readonly name?: string
    readonly arguments?: { readonly message?: string }
  }
}

function answer({ method, params }: Request): Record<string, unknown> {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: params?.protocolVersion ?? '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'echo', version: '1.0.0' },
        },
      }
    case 'ping':
      return { result: {} }
    case 'tools/list':
      return { result: { tools: [TOOL] } }
    case 'tools/call':
      if (params?.name !== TOOL.name) return { error: { code: -32602, message: `no tool ${params?.name}` } }
      return { result: { content: [{ type: 'text', text: params.arguments?.message ?? '' }] } }
    default:
      return { error: { code: -32601, message: `no method ${method}` } }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as Request
  // Notifications and answers need none.
  if (request.id === undefined || request.method === undefined) return
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer(request) })}\n`)
})
