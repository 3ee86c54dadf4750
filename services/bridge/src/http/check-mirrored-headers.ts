import type { IncomingHttpHeaders } from 'node:http'
import type { Message } from '../wire/read-message.ts'
import { Refusal } from '../wire/refusal.ts'
import { RPC } from '../wire/rpc-error.ts'

/** The parameter that Mcp-Name repeats, by method (MCP 2026-07-28, standard request headers). */
const NAMED_BY: Readonly<Record<string, string>> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }

/**
 * /verify judges by Mcp-Method and Mcp-Name; a body that says something else is refused, whatever the revision.
 * @throws Refusal 400
 */
export function checkMirroredHeaders(headers: IncomingHttpHeaders, message: Message): void {
  const method = headers['mcp-method']
  const name = headers['mcp-name']
  if (method === undefined && name === undefined) return
  if (method !== undefined && method !== message.method) throw mismatch('Mcp-Method', 'method')
  const parameter = NAMED_BY[message.method]
  if (name === undefined || parameter === undefined) return
  if (typeof name !== 'string' || decode(name) !== message.params?.[parameter]) throw mismatch('Mcp-Name', `params.${parameter}`)
}

/** Values that are not plain ASCII travel as `=?base64?…?=`. */
function decode(value: string): string | undefined {
  const match = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value)
  if (match?.[1] === undefined) return value
  const bytes = Buffer.from(match[1], 'base64')
  return bytes.toString('base64') === match[1] ? bytes.toString('utf8') : undefined
}

const mismatch = (header: string, member: string): Refusal =>
  new Refusal(400, RPC.headerMismatch, `The header ${header} and "${member}" of the body differ.`, { reason: 'header_mismatch' })
