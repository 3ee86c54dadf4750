import { isAllowed, type Rule } from '@gatehouse/servers'
import type { Grant } from './grant.ts'
import type { Identity } from './identity.ts'
import { MACHINE_PROVIDER } from './machine.ts'

/**
 * Whether somebody may come in, and stay. The operator, signed in by password, always may; a program that acts for itself
 * may as long as the operator lists it.
 * @param isMachine - whether the operator lets the client of this id act for itself
 */
export const isAdmitted = (
  rules: readonly Rule[],
  who: Identity,
  isMachine: (clientId: string) => boolean = () => false,
): boolean =>
  who.provider === MACHINE_PROVIDER ? isMachine(who.login ?? '') : who.provider === 'password' || isAllowed(rules, who)

/**
 * Whether who holds an access token may still use it: the client of its grant, or an agent that exchanged it, as long as the
 * operator lists that agent.
 */
export const mayHold = (holder: string, grant: Pick<Grant, 'clientId'>, isAgent: (clientId: string) => boolean): boolean =>
  holder === grant.clientId || isAgent(holder)
