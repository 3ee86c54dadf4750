/** JSON-RPC error codes: its own, MCP's, and the bridge's (-32000 … -32099 is the range for servers). */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** Also "session not found", as the official SDK has it. */
  requestTimeout: -32001,
  refusedByPolicy: -32003,
  busy: -32004,
  unauthenticated: -32005,
  originNotAllowed: -32006,
  cancelled: -32800,
  headerMismatch: -32020,
  unsupportedProtocolVersion: -32022,
} as const

/** @param idText - the id as JSON; `null` when the request's id is not known */
export function rpcErrorText(idText: string, code: number, message: string, data?: unknown): string {
  const error = data === undefined ? { code, message } : { code, message, data }
  return `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(error)}}`
}
