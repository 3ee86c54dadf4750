import Fastify from 'fastify'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { answerQuestions } from '../process/answer-questions.ts'

/** The yardsticks of /verify: the same framework with nothing to do, or with nothing but the signature to check. */
export interface BareFastifyOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Given: every token's signature and claims are checked by jose, every time. */
  readonly jwks?: JSONWebKeySet
  readonly issuer: string
  readonly audience: string
}

const KEEP_ALIVE_MS = 120_000

answerQuestions({
  start: async ({ headers, jwks, issuer, audience }: BareFastifyOptions) => {
    const app = Fastify({ logger: false, exposeHeadRoutes: false, keepAliveTimeout: KEEP_ALIVE_MS })
    if (jwks === undefined) {
      app.get('/verify', (_request, reply) => {
        reply.headers(headers).send()
      })
    } else {
      const keys = createLocalJWKSet(jwks)
      app.get('/verify', async (request, reply) => {
        const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
        const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['ES256'], typ: 'at+jwt' })
        return reply.headers({ ...headers, 'x-auth-subject': payload.sub }).send()
      })
    }
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0, backlog: 1024 })).port)
  },
})
