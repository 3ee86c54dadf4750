import type { Client, ClientAuthMethod } from './client.ts'

type Proof = Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAuthMethods'>

/** All the ways in which a client may prove itself. */
export const authMethodsOf = ({ tokenEndpointAuthMethod, tokenEndpointAuthMethods }: Proof): readonly ClientAuthMethod[] =>
  tokenEndpointAuthMethods ?? [tokenEndpointAuthMethod]

/** Whether a client always proves itself, by a secret or a key: nobody comes in its name by knowing it. */
export const isConfidential = (client: Proof): boolean => !authMethodsOf(client).includes('none')
