import { type Gatehouse, startGatehouse } from '../../../services/gatehouse/src/index.ts'
import { answerQuestions } from '../process/answer-questions.ts'
import { type SeedQuestion, seedTokens } from './seed.ts'

/** The one-process edition as `npm start` assembles it. */
let gatehouse: Gatehouse | undefined

answerQuestions({
  start: async ({ environment }: { environment: Record<string, string> }) => {
    gatehouse = await startGatehouse({ environment })
    return Number(new URL(gatehouse.url).port)
  },
  seed: async (question: SeedQuestion) => {
    if (gatehouse !== undefined) await seedTokens(gatehouse.auth, gatehouse.config.PUBLIC_URL, question)
  },
})
