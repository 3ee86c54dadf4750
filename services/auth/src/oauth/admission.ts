import { isAllowed, type Rule } from '@gatehouse/servers'
import type { Identity } from './identity.ts'

/** Whether a person may sign in, and stay. The operator, signed in by password, always may. */
export const isAdmitted = (rules: readonly Rule[], person: Identity): boolean =>
  person.provider === 'password' || isAllowed(rules, person)
