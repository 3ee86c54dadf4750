import type { Bench } from '../bench.ts'
import { shippedFlags } from '../process/shipped-flags.ts'
import type { Worker } from '../process/worker.ts'

/** PUBLIC_URL of every gateway that is measured. */
export const ISSUER = 'http://localhost:8080'

/** A gateway on this machine with a store in memory, in which everybody who can sign in may use everything. */
export const environmentOf = (bench: Bench, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PUBLIC_URL: ISSUER,
  STORE_URL: 'memory:',
  DATA_DIR: bench.folder,
  GATEHOUSE_SECRET: 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3',
  OPERATOR_PASSWORD: 'correct-horse-battery-staple-9',
  ALLOWED_USERS: '*',
  ...more,
})

/** The authorization server as a process of its own, with the options of Node that `npm run auth` gives it. */
export const authTarget = (bench: Bench, core?: number): Worker =>
  bench.target(new URL('../targets/auth.ts', import.meta.url), { core, flags: shippedFlags('auth') })
