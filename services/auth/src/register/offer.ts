import type { Config } from '../config.ts'
import type { Resources } from '../oauth/resource.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'
import type { Offer } from './client-metadata.ts'
import { offeredGrantTypes } from './grant-types.ts'

/** What a registration may name. Its scopes are a wish, not a limit: a client may be told later to ask for more (step-up). */
export const offerOf = ({ config, resources }: { readonly config: Config; readonly resources: Resources }): Offer => ({
  scopes: [...resources.root.scopes, ...OPENID_SCOPES, 'offline_access'],
  grantTypes: offeredGrantTypes(config),
})

/** What a client that named no scope is told it may ask for. */
export const offeredScope = (resources: Resources): string => resources.root.scopes.join(' ')
