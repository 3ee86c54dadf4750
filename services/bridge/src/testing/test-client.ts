export interface RpcAnswer {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export interface RpcMessage {
  readonly id?: string | number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string }
}

export const JSON_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

/** One client's session, by hand: no SDK between the test and the wire. */
export interface TestSession {
  readonly id: string
  readonly headers: Record<string, string>
  post(body: unknown, headers?: Record<string, string>): Promise<Response>
  /** The text of a tool's result, or the message of the error. */
  call(tool: string, args?: Record<string, unknown>, id?: string | number): Promise<string>
  get(): Promise<Response>
  delete(): Promise<Response>
}

/** Opens a session. @throws Error with the answer when there is none */
export async function openSession(url: string, headers: Record<string, string> = {}): Promise<TestSession> {
  const response = await post(url, INITIALIZE, headers)
  const id = response.headers.get('mcp-session-id')
  const answer = await response.text()
  if (id === null) throw new Error(`no session: ${response.status} ${answer}`)
  const own = { ...headers, 'mcp-session-id': id }
  let next = 1
  return {
    id,
    headers: own,
    post: (body, more = {}) => post(url, body, { ...own, ...more }),
    async call(tool, args = {}, callId = next++) {
      const sent = await post(
        url,
        { jsonrpc: '2.0', id: callId, method: 'tools/call', params: { name: tool, arguments: args } },
        own,
      )
      const text = await sent.text()
      const read = JSON.parse(
        sent.headers.get('content-type') === 'text/event-stream' ? (eventsIn(text).at(-1) ?? '') : text,
      ) as RpcAnswer
      if (read.id !== callId) throw new Error(`asked ${callId}, got ${text.slice(0, 200)}`)
      return textOf(read)
    },
    get: () => fetch(url, { headers: { ...own, accept: 'text/event-stream' } }),
    delete: () => fetch(url, { method: 'DELETE', headers: own }),
  }
}

export function textOf({ result, error }: RpcAnswer): string {
  if (error !== undefined) return error.message
  const [first] = (result?.content ?? []) as { text: string }[]
  return first?.text ?? ''
}

const eventsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6))

/** Messages of an event stream as they come. */
export async function* messagesOf(response: Response): AsyncGenerator<RpcMessage> {
  if (response.body === null) return
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    rest += text
    const events = rest.split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) for (const data of eventsIn(event)) yield JSON.parse(data) as RpcMessage
  }
}

export async function allMessagesOf(response: Response): Promise<RpcMessage[]> {
  const all: RpcMessage[] = []
  for await (const message of messagesOf(response)) all.push(message)
  return all
}

/** Waits until something is true; throws after ten seconds. */
export async function until(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}
