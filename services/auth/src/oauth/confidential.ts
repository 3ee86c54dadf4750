import type { Client } from './client.ts'

/** Whether a client always proves itself, by a secret or a key: nobody comes in its name by knowing it. */
export const isConfidential = ({
  tokenEndpointAuthMethod,
  tokenEndpointAuthMethods,
}: Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAuthMethods'>): boolean =>
  !(tokenEndpointAuthMethods ?? [tokenEndpointAuthMethod]).includes('none')
