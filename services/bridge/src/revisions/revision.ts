import type { StdioServer } from '@gatehouse/servers'
import type { Exchange } from '../wire/exchange.ts'
import type { Message } from '../wire/read-message.ts'

/** Who makes a request at which server; identity and policy have been checked. */
export interface Caller {
  readonly server: StdioServer
  /** Sessions belong to it: the same person with the same client. */
  readonly owner: string
  /** The person, whatever the client; caps count by it. Undefined when nobody signs in (AUTH=none). */
  readonly person: string | undefined
}

/**
 * How one revision of MCP serves the endpoint of a stdio server. Every method answers the exchange, now or later, or
 * throws a Refusal before anything was sent.
 */
export interface Revision {
  post(exchange: Exchange, caller: Caller, message: Message): void
  get(exchange: Exchange, caller: Caller): void
  delete(exchange: Exchange, caller: Caller): void
}
