import type { Logger } from '@gatehouse/runtime'
import type { Registry } from 'prom-client'
import type { AuthenticateClient } from './clients/authenticate-client.ts'
import type { ClientDirectory } from './clients/client-directory.ts'
import type { TrustedIssuers } from './clients/trusted-issuers.ts'
import type { Config } from './config.ts'
import type { KeySets } from './fetch/key-sets.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Clock } from './oauth/clock.ts'
import type { Resources } from './oauth/resource.ts'
import type { Stores } from './store/stores.ts'

/** What main.ts chose and every step may use. Steps take the members they need, not the whole. */
export interface Context {
  readonly config: Config
  readonly stores: Stores
  readonly keys: SigningKeys
  readonly clients: ClientDirectory
  readonly authenticateClient: AuthenticateClient
  /** Other people's keys, fetched safely. */
  readonly keySets: KeySets
  /** Issuers that the operator trusts. */
  readonly issuers: TrustedIssuers
  readonly resources: Resources
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** GATEHOUSE_SECRETS, or the one made on first start: the first encrypts, all decrypt. */
  readonly secrets: readonly string[]
}
