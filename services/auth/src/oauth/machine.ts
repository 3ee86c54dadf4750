import type { Client } from './client.ts'
import type { Identity } from './identity.ts'

/** No identity provider has this name. */
export const MACHINE_PROVIDER = 'client'

/**
 * A program that acts for itself. Its subject can be no person's (RFC 9700 §4.15): whatever a client id is, `client:` stands
 * before it, and no provider of people is called so. Rules know it as `client:ID`.
 */
export const machineIdentity = ({ clientId, clientName }: Pick<Client, 'clientId' | 'clientName'>): Identity => ({
  subject: `${MACHINE_PROVIDER}:${clientId}`,
  provider: MACHINE_PROVIDER,
  login: clientId,
  ...(clientName === undefined ? {} : { name: clientName }),
  groups: [],
  organizations: [],
  teams: [],
})
