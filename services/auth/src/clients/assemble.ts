import type { Logger } from '@gatehouse/runtime'
import type { FetchJson } from '../fetch/fetch-json.ts'
import { createKeySets, type KeySets } from '../fetch/key-sets.ts'
import type { Clock } from '../oauth/clock.ts'
import type { ClientStore } from '../store/client-store.ts'
import type { ExpiringStore } from '../store/expiring-store.ts'
import { type AuthenticateClient, createClientAuthenticator } from './authenticate-client.ts'
import { type ClientDirectory, createClientDirectory } from './client-directory.ts'
import { createClientDocuments } from './client-documents.ts'
import type { ClientsFile } from './clients-file.ts'
import { createTrustedIssuers, type TrustedIssuers } from './trusted-issuers.ts'

/** What the rest of the service uses of this folder. */
export interface Clients {
  readonly clients: ClientDirectory
  readonly authenticateClient: AuthenticateClient
  readonly keySets: KeySets
  readonly issuers: TrustedIssuers
}

export interface ClientsOptions {
  readonly config: { readonly PUBLIC_URL: string; readonly CIMD_TRUSTED_HOSTS: readonly string[] }
  readonly stores: { readonly clients: ClientStore; readonly expiring: ExpiringStore }
  readonly file: ClientsFile
  readonly fetchJson: FetchJson
  readonly clock: Clock
  readonly log: Logger
}

/** Puts clients of every kind together: the operator's, registered ones, documents. */
export function createClients({ config, stores, file, fetchJson, clock, log }: ClientsOptions): Clients {
  const { expiring } = stores
  const documents = createClientDocuments({ fetchJson, expiring, clock, log, trustedHosts: config.CIMD_TRUSTED_HOSTS })
  const clients = createClientDirectory({ stored: stores.clients, configured: file.clients, documents })
  const keySets = createKeySets({ fetchJson, clock })
  return {
    clients,
    authenticateClient: createClientAuthenticator(clients, { issuer: config.PUBLIC_URL, keySets, expiring, clock }),
    keySets,
    issuers: createTrustedIssuers(file.issuers),
  }
}
