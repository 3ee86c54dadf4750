import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request and its response, with what every answer to it carries. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** From the proxy in front when it sent a good one, else ours. */
  readonly requestId: string
  /** An Origin came, so a browser needs the CORS headers, also on refusals. */
  readonly fromBrowser: boolean
  /** Whether the answer may be a stream of events. */
  readonly acceptsEvents: boolean
}
