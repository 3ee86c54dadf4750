import { bodyRefusals, FOREIGN_HOST, INVALID_CLIENT, STORE_AWAY } from './answers.ts'
import type { Operation } from './operation.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** What a client calls with a form and its own credentials. */
export const byClient = (
  operation: Pick<Operation, 'path' | 'id' | 'summary' | 'body' | 'answers'> & Partial<Operation>,
): Operation => ({
  method: 'post',
  tag: 'tokens',
  security: [{ clientSecretBasic: [] }, {}],
  isForAnyOrigin: true,
  ...operation,
  answers: {
    ...INVALID_CLIENT,
    ...bodyRefusals(FORM),
    ...FOREIGN_HOST,
    ...STORE_AWAY,
    ...operation.answers,
  },
})
