import type { Client } from '../oauth/client.ts'
import { authMethodsOf } from '../oauth/confidential.ts'
import { JWT_BEARER_GRANT_TYPE, TOKEN_EXCHANGE_GRANT_TYPE } from '../oauth/grant-types.ts'

/** What only the operator can give: grants in which no person says yes. */
export const OPERATORS_GRANT_TYPES: readonly string[] = ['client_credentials', TOKEN_EXCHANGE_GRANT_TYPE, JWT_BEARER_GRANT_TYPE]

/** By which of these a client acts for itself. */
const MACHINE_GRANT_TYPES: readonly string[] = ['client_credentials', JWT_BEARER_GRANT_TYPE]

/** A client of the operator's file: whole, or, where its id is a URL, what the operator adds to the document there. */
export type ConfiguredClient =
  | { readonly kind: 'whole'; readonly client: Client }
  | { readonly kind: 'addition'; readonly clientId: string; readonly members: Addition }

/** What the operator may say of a client whose document says the rest. */
type Addition = Partial<Omit<Client, 'clientId' | 'source'>>

export const idOf = (entry: ConfiguredClient): string => (entry.kind === 'whole' ? entry.client.clientId : entry.clientId)

/** The grant types that the operator's file gives a client. */
export const grantTypesOf = (entry: ConfiguredClient): readonly string[] =>
  (entry.kind === 'whole' ? entry.client.grantTypes : entry.members.grantTypes) ?? []

/** Whether the operator lets this client act for people whose tokens it is handed (RFC 8693). */
export const isAgent = (entry: ConfiguredClient): boolean => grantTypesOf(entry).includes(TOKEN_EXCHANGE_GRANT_TYPE)

/** Whether the operator lets this client act for itself. */
export const isMachine = (entry: ConfiguredClient): boolean =>
  grantTypesOf(entry).some((type) => MACHINE_GRANT_TYPES.includes(type))

/**
 * The client of a document with what the operator adds. Grants without a person are for clients that prove themselves: such a
 * client must do so where its document lets it choose, and loses those grants where the document has no keys.
 */
export function withAddition(client: Client, { members }: Extract<ConfiguredClient, { kind: 'addition' }>): Client {
  const { tokenEndpointAuthMethods: choice, ...rest } = client
  const merged: Client = { ...rest, ...members, source: 'configured' }
  const isForPeople = !merged.grantTypes.some((type) => OPERATORS_GRANT_TYPES.includes(type))
  if (isForPeople) return choice ? { ...merged, tokenEndpointAuthMethods: choice } : merged
  if (authMethodsOf(client).includes('private_key_jwt')) {
    return { ...merged, tokenEndpointAuthMethod: 'private_key_jwt' }
  }
  return { ...merged, grantTypes: merged.grantTypes.filter((type) => !OPERATORS_GRANT_TYPES.includes(type)) }
}
