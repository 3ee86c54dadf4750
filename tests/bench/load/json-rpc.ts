/** What a client of MCP 2025-11-25 sends, and what it must get back. */

export const PROTOCOL_VERSION = '2025-11-25'

export const initializeMessage = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'gatehouse-bench', version: '1' } },
})

export const initializedMessage = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

/** @param resultBytes - 0 for an echo of the nonce alone */
export const callMessage = (id: number, nonce: string, resultBytes: number): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${nonce}","padding":${resultBytes}}}}`

/** Some 40 bytes that no other call sends. */
export const nonceOf = (session: number, id: number): string => `nonce-${session}-${id}-`.padEnd(40, 'abcdefghij')

interface CallResult {
  readonly id?: unknown
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[] }
}

/** @returns what is wrong with an answer; undefined when it is the right one */
export function faultOf(json: string, id: number, nonce: string, resultBytes: number): string | undefined {
  const excerpt = () => json.slice(0, 300)
  let answer: CallResult
  try {
    answer = JSON.parse(json) as CallResult
  } catch {
    return `no JSON: ${excerpt()}`
  }
  const text = answer.result?.content?.[0]?.text
  if (answer.id !== id) return `another call's id instead of ${id}: ${excerpt()}`
  if (typeof text !== 'string' || !text.startsWith(nonce)) return `another call's answer instead of ${nonce}: ${excerpt()}`
  return text.length === nonce.length + resultBytes
    ? undefined
    : `${text.length} characters instead of ${nonce.length + resultBytes}`
}

/** The last message of an event stream; of a JSON answer the answer itself. */
export function messageIn(contentIsEventStream: boolean, body: Buffer): string {
  const text = body.toString('utf8')
  if (!contentIsEventStream) return text
  return text.slice(text.lastIndexOf('data: ') + 'data: '.length).trimEnd()
}
