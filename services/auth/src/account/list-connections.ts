import { personalTokenEnd } from '../oauth/personal-token.ts'
import type { Resources } from '../oauth/resource.ts'
import type { AppView, ConnectionView } from '../pages/account-apps.ts'
import type { PersonalTokenView } from '../pages/account-tokens.ts'
import type { ActiveGrant } from '../store/grant-store.ts'
import type { AccountContext } from './account-context.ts'
import { findClients } from './find-clients.ts'

/** Command line clients sign in anew for years; a page must end somewhere. */
export const SHOWN_CONNECTIONS = 200

export interface Connections {
  /** The one with the newest connection first. */
  readonly apps: readonly AppView[]
  /** How many connections are not in it. */
  readonly hidden: number
  /** Newest first. */
  readonly tokens: readonly PersonalTokenView[]
}

/** Everything that acts for a person. @throws StoreUnavailableError */
export async function listConnections(
  { config, stores, clients, resources }: Pick<AccountContext, 'config' | 'stores' | 'clients' | 'resources'>,
  subject: string,
): Promise<Connections> {
  const all = await stores.grants.listBySubject(subject)
  const ofApps = all.filter(({ grant }) => grant.personalToken === undefined)
  const shown = ofApps.slice(0, SHOWN_CONNECTIONS)
  const byClient = Map.groupBy(shown, ({ grant }) => grant.clientId)
  const known = await findClients(clients, [...byClient.keys()])
  return {
    apps: [...byClient].map(([clientId, actives]) => ({
      clientId,
      client: known.get(clientId),
      connections: actives.map((active) => connectionOf(resources, active)),
    })),
    hidden: ofApps.length - shown.length,
    tokens: all.flatMap((active) => tokenOf(resources, active, config.PERSONAL_TOKEN_MAX_DAYS) ?? []),
  }
}

const connectionOf = (resources: Resources, { grant, lastUsedAt }: ActiveGrant): ConnectionView => ({
  grantId: grant.id,
  place: placeOf(resources, grant.resource),
  resource: grant.resource,
  scopes: grant.scopes,
  via: grant.via ?? 'authorization_code',
  createdAt: grant.createdAt,
  lastUsedAt,
})

/** @returns undefined for what is no personal token */
function tokenOf(
  resources: Resources,
  { grant, expiresAt, lastUsedAt }: ActiveGrant,
  maxDays: number,
): PersonalTokenView | undefined {
  if (grant.personalToken === undefined) return undefined
  return {
    grantId: grant.id,
    name: grant.personalToken.name,
    place: placeOf(resources, grant.resource),
    scopes: grant.scopes,
    createdAt: grant.createdAt,
    // Where none are taken any more the page says so above them all.
    expiresAt: maxDays === 0 ? expiresAt : personalTokenEnd(grant.createdAt, expiresAt, maxDays),
    lastUsedAt: lastUsedAt > grant.createdAt ? lastUsedAt : undefined,
  }
}

/** What people call a resource. */
export function placeOf(resources: Resources, url: string): string {
  const resource = resources.byUrl(url)
  if (!resource) return 'a server that is no longer here'
  return resource.server?.name ?? 'all your servers'
}
