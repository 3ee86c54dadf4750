import type { Resources } from '../oauth/resource.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'

/** Scopes that a registration may name. A wish, not a limit: a client may be told later to ask for more (step-up). */
export const knownScopes = (resources: Resources): string[] => [...resources.root.scopes, ...OPENID_SCOPES, 'offline_access']

/** What a client that named no scope is told it may ask for. */
export const offeredScope = (resources: Resources): string => resources.root.scopes.join(' ')
