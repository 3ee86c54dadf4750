import type { Exchange } from '../../wire/exchange.ts'
import { Refusal } from '../../wire/refusal.ts'
import { replyEmpty } from '../../wire/replies.ts'
import { RPC } from '../../wire/rpc-error.ts'
import type { Caller, Revision } from '../revision.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { checkVersionHeader } from './versions.ts'

/**
 * MCP 2025-11-25 and before, down to 2024-11-05 over streamable HTTP: a session per client, opened by `initialize`,
 * named by Mcp-Session-Id, with a child of its own.
 */
export function createSessionRevision(sessions: Sessions): Revision {
  const sessionOf = (exchange: Exchange, caller: Caller): Session => {
    const id = exchange.req.headers['mcp-session-id']
    if (typeof id !== 'string') {
      throw new Refusal(400, RPC.invalidRequest, 'The header Mcp-Session-Id is missing: send "initialize" first.', {
        reason: 'no_session_id',
      })
    }
    const session = sessions.find(id, caller)
    checkVersionHeader(exchange.req.headers)
    return session
  }
  return {
    post(exchange, caller, message) {
      const opens = message.kind === 'request' && message.method === 'initialize'
      if (opens && exchange.req.headers['mcp-session-id'] === undefined) {
        sessions.open(exchange, caller, message)
        return
      }
      const session = sessionOf(exchange, caller)
      if (opens)
        throw new Refusal(400, RPC.invalidRequest, 'This session is initialized already.', { reason: 'second_initialize' })
      session.post(exchange, message)
    },
    get(exchange, caller) {
      sessionOf(exchange, caller).listen(exchange)
    },
    delete(exchange, caller) {
      sessions.delete(sessionOf(exchange, caller))
      replyEmpty(exchange, 204)
    },
  }
}
