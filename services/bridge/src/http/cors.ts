/** Names and values for the answer to a preflight. No fixed list can name `Mcp-Param-*`, so what is asked is allowed. */
export function preflightHeaders(asked: string | undefined): string[] {
  return [
    'Access-Control-Allow-Methods',
    'GET, POST, DELETE, OPTIONS',
    'Access-Control-Allow-Headers',
    asked !== undefined && HEADER_LIST.test(asked) ? asked : USUAL_HEADERS,
    'Access-Control-Max-Age',
    '7200',
    'Vary',
    'Access-Control-Request-Headers',
  ]
}

/** Field names and commas only: the value is reflected into a response. */
const HEADER_LIST = /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2048}$/

const USUAL_HEADERS =
  'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID'
