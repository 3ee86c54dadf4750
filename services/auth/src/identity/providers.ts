import type { Server } from '@gatehouse/servers'
import type { Config } from '../config.ts'
import type { IdentityProvider } from './identity-provider.ts'

/** The identity providers that the configuration names, in the order of their buttons; the only place that chooses. */
export function createProviders(_config: Config, _servers: readonly Server[]): IdentityProvider[] {
  return []
}
