/**
 * A small stdio MCP server. Its one tool, `echo`, gives the text back, and as many more characters as `padding` says.
 * Members stand in the order in which the official TypeScript SDK writes them: the result first, the id last.
 */

interface Request {
  readonly id?: number | string
  readonly method?: string
  readonly params?: {
    readonly protocolVersion?: string
    readonly arguments?: { readonly text?: string; readonly padding?: number }
  }
}

const NEWLINE = 0x0a
let held: Buffer[] = []

process.stdin.on('data', (chunk: Buffer) => {
  let start = 0
  for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
    held.push(chunk.subarray(start, end))
    const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
    held = []
    start = end + 1
    answer(JSON.parse(line.toString('utf8')) as Request)
  }
  if (start < chunk.length) held.push(chunk.subarray(start))
})

function answer({ id, method, params }: Request): void {
  if (id === undefined) return
  const result = resultOf(method, params)
  process.stdout.write(
    `${JSON.stringify(result === undefined ? { error: { code: -32601, message: 'no such method' }, jsonrpc: '2.0', id } : { result, jsonrpc: '2.0', id })}\n`,
  )
}

function resultOf(method: string | undefined, params: Request['params']): unknown {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'bench-echo', version: '1' },
      }
    case 'tools/list':
      return { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }
    case 'tools/call':
      return { content: [{ type: 'text', text: `${params?.arguments?.text}${'x'.repeat(params?.arguments?.padding ?? 0)}` }] }
    case 'ping':
      return {}
    default:
      return undefined
  }
}
