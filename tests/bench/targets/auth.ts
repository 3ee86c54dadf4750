import { createLog } from '@gatehouse/runtime'
import { parseServers } from '@gatehouse/servers'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type Auth, createAuth, readConfig } from '../../../services/auth/src/index.ts'
import { answerQuestions } from '../process/answer-questions.ts'
import { type SeedQuestion, seedTokens } from './seed.ts'

/** The authorization server as `npm run auth` assembles it, with its internal listener on a free port. */
let auth: Auth | undefined
let issuer = ''

answerQuestions({
  start: async ({ environment, servers }: { environment: Record<string, string>; servers: unknown }) => {
    const config = readConfig(environment)
    issuer = config.PUBLIC_URL
    const metrics = new Registry()
    collectDefaultMetrics({ register: metrics })
    auth = await createAuth({
      config,
      servers: parseServers(JSON.stringify({ mcpServers: servers }), 'bench', undefined),
      secrets: [environment.GATEHOUSE_SECRET ?? ''],
      operatorPassword: undefined,
      clock: Date.now,
      log: createLog('auth', config.LOG_LEVEL),
      metrics,
    })
    return Number(new URL(await auth.internalApp.listen({ host: '127.0.0.1', port: 0, backlog: 1024 })).port)
  },
  seed: async (question: SeedQuestion) => {
    if (auth !== undefined) await seedTokens(auth, issuer, question)
  },
  jwks: () => auth?.keys.jwks(),
})
