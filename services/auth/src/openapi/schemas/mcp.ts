import { z } from 'zod'

export const rpcMessage = z
  .object({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.string(), z.int(), z.null()]).optional(),
    method: z
      .string()
      .optional()
      .meta({ examples: ['initialize', 'tools/list'] }),
    params: z.object({}).loose().optional(),
    result: z.unknown().optional(),
    error: z.object({ code: z.int(), message: z.string() }).loose().optional(),
  })
  .loose()
  .meta({ id: 'JsonRpcMessage', description: 'JSON-RPC 2.0, as the revision of MCP has it.' })

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })
export const ready = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' })
export const notReady = z.strictObject({ status: z.literal('not ready'), reason: z.string() }).meta({ id: 'NotReady' })
