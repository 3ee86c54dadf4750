import { randomSecret, sha256 } from './secret.ts'

const PERSONAL_TOKEN = /^pat_([A-Za-z0-9_-]{22})[A-Za-z0-9_-]{43}$/

/** Begins every personal access token, so that people and secret scanners know one when they see it. */
const PERSONAL_TOKEN_PREFIX = 'pat_'

/** The client id under which personal tokens act. No client is registered with it: those begin with `cli_` or `https://`. */
export const PERSONAL_TOKEN_CLIENT = 'personal-token'

/** `pat_`, its grant id's 22 characters, a 256-bit secret. The store gets its hash. */
export const newPersonalToken = (grantId: string): string =>
  `${PERSONAL_TOKEN_PREFIX}${grantId.slice('grt_'.length)}${randomSecret()}`

/** What to look a personal token up by; undefined when it cannot be one of ours. */
export function readPersonalToken(token: string): { readonly grantId: string; readonly tokenHash: string } | undefined {
  const id = PERSONAL_TOKEN.exec(token)?.[1]
  return id === undefined ? undefined : { grantId: `grt_${id}`, tokenHash: sha256(token) }
}

export const SECONDS_PER_DAY = 86_400

/**
 * When a personal token ends, in Unix seconds: as its person chose, and no later than the operator lets them end now, so that a
 * shorter PERSONAL_TOKEN_MAX_DAYS holds for those that were made before.
 */
export const personalTokenEnd = (createdAt: number, chosenEnd: number, maxDays: number): number =>
  Math.min(chosenEnd, createdAt + maxDays * SECONDS_PER_DAY)
