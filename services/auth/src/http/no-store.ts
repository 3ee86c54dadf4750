import type { FastifyReply, FastifyRequest } from 'fastify'

/** Route hook: nothing of this answer may be kept, refusals included (RFC 6749 §5.1, RFC 7591 §3.2.1). */
export const noStore = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
}
