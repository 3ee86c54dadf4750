import type { IncomingHttpHeaders } from 'node:http'
import type { VerifyRequest } from './answer.ts'

/** The part of a question that stands in the client's own headers, for /verify and for the edge in the same process alike. */
export const readHeaders = (headers: IncomingHttpHeaders): Omit<VerifyRequest, 'method' | 'uri'> => ({
  authorization: headers.authorization,
  dpop: one(headers.dpop),
  protocolVersion: one(headers['mcp-protocol-version']),
  mcpMethod: one(headers['mcp-method']),
  mcpName: one(headers['mcp-name']),
})

/** A header that came several times is one value with commas, which no rule takes for a single one. */
export const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value)
