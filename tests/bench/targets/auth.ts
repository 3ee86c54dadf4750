import { createLog } from '@gatehouse/runtime'
import { parseServers } from '@gatehouse/servers'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type Auth, createAuth, readConfig } from '../../../services/auth/src/index.ts'
import { answerQuestions } from '../process/answer-questions.ts'
import { type SeedQuestion, seedTokens } from './seed.ts'
import { type SeedGrantsQuestion, seedGrants } from './seed-grants.ts'

/** The authorization server as `npm run auth` assembles it, with its listeners on free ports. */
let auth: Auth | undefined
let issuer = ''
let secret = ''

const listen = async (app: Auth['internalApp'] | undefined) =>
  app && Number(new URL(await app.listen({ host: '127.0.0.1', port: 0, backlog: 1024 })).port)

answerQuestions({
  /** @returns the port of the internal listener */
  start: async ({ environment, servers }: { environment: Record<string, string>; servers: unknown }) => {
    const config = readConfig(environment)
    issuer = config.PUBLIC_URL
    secret = environment.GATEHOUSE_SECRET ?? ''
    const metrics = new Registry()
    collectDefaultMetrics({ register: metrics })
    auth = await createAuth({
      config,
      servers: parseServers(JSON.stringify({ mcpServers: servers }), 'bench', undefined),
      secrets: [secret],
      operatorPassword: undefined,
      clock: Date.now,
      log: createLog('auth', config.LOG_LEVEL),
      metrics,
    })
    return listen(auth.internalApp)
  },
  /** @returns the port of the public listener */
  'open to the public': () => listen(auth?.publicApp),
  seed: async (question: SeedQuestion) => {
    if (auth !== undefined) await seedTokens(auth, issuer, question)
  },
  /** @returns the id of the grants' client */
  'seed grants': (question: SeedGrantsQuestion) => auth && seedGrants(auth, issuer, secret, question),
  jwks: () => auth?.keys.jwks(),
})
