/** What the operator's command line does, without the server around it. */
export { readClientsFile } from './clients/clients-file.ts'
export { type ConfiguredClient, idOf } from './clients/configured-client.ts'
export { type Config, readConfig } from './config.ts'
export { describeKeys, type KeyDescription } from './keys/describe-keys.ts'
export { resealKeys } from './keys/reseal-keys.ts'
export { rotateKeys } from './keys/rotate-keys.ts'
export type { Clock } from './oauth/clock.ts'
export { DEVICE_CODE_GRANT_TYPE, JWT_BEARER_GRANT_TYPE, TOKEN_EXCHANGE_GRANT_TYPE } from './oauth/grant-types.ts'
export { redirectUriFault } from './oauth/redirect-uri.ts'
export { deleteClient } from './register/delete-client.ts'
export {
  INITIAL_ACCESS_TOKEN_MAX_SECONDS,
  makeInitialAccessToken,
  revokeInitialAccessToken,
} from './register/initial-access-token.ts'
export { newClientSecret } from './register/registered-client.ts'
export { gatehouseSecrets } from './secrets/own-secrets.ts'
export type { ListedClient } from './store/client-store.ts'
export { endGrant } from './store/end-grant.ts'
export type { ActiveGrant } from './store/grant-store.ts'
export { openStores } from './store/open-stores.ts'
export type { Stores } from './store/stores.ts'
export { StoreUnavailableError } from './store/unavailable.ts'
