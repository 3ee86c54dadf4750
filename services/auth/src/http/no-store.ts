import type { onRequestHookHandler } from 'fastify'

/** Route hook: nothing of this answer may be kept, refusals included (RFC 6749 §5.1, RFC 7591 §3.2.1). */
export const noStore: onRequestHookHandler = (_request, reply, done) => {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
  done()
}
