import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../context.ts'
import type { RegisteredClient } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { neighbourhood } from '../oauth/network.ts'
import { sha256 } from '../oauth/secret.ts'
import type { Secrets } from './client-information.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { hashOf, hasSecret, newClientId, newClientSecret, newRegistrationToken, toRegisteredClient } from './registered-client.ts'

/** An unused client that several registrations share is managed by the latest of them. */
const SHARED_TOKENS_LIMIT = 3

export interface Registration {
  readonly outcome: 'created' | 'repeated'
  readonly client: RegisteredClient
  readonly secrets: Secrets
}

/**
 * Registers a client. A public client whose equal was registered from the same network and has never been used is that one
 * again, with a registration token of its own (docs/adr/0003-idempotent-registration.md): clients that register at each
 * start do not pile up, and no stranger gets hold of a client in use.
 */
export async function registerClient(
  { stores, config, clock }: Pick<Context, 'stores' | 'config' | 'clock'>,
  metadata: ClientMetadata,
  address: string,
): Promise<Registration> {
  const registrationToken = newRegistrationToken()
  const fingerprint = fingerprintOf(metadata, address)
  if (metadata.token_endpoint_auth_method === 'none') {
    const shared = await stores.clients.findUnused(fingerprint)
    // Its metadata may have been replaced since (RFC 7592); then it is no equal any more.
    if (shared && hasMetadata(shared, metadata)) {
      const hashes = [...shared.registrationTokenHashes, sha256(registrationToken)].slice(-SHARED_TOKENS_LIMIT)
      const client = { ...shared, registrationTokenHashes: hashes }
      if (await stores.clients.update(client)) {
        return { outcome: 'repeated', client, secrets: { clientSecret: undefined, registrationToken } }
      }
    }
  }
  const clientSecret = hasSecret(metadata) ? newClientSecret() : undefined
  const kept = {
    clientId: newClientId(),
    createdAt: nowSeconds(clock),
    registrationTokenHashes: [sha256(registrationToken)],
  }
  const client = toRegisteredClient(metadata, kept, hashOf(clientSecret))
  await stores.clients.create(client, fingerprint, config.REGISTRATION_LIMIT)
  return { outcome: 'created', client, secrets: { clientSecret, registrationToken } }
}

/** Equal metadata from one network; in the order of the schema, whatever order they were sent in. */
const fingerprintOf = (metadata: ClientMetadata, address: string): string =>
  sha256(JSON.stringify([neighbourhood(address), metadata]))

const hasMetadata = ({ clientId, createdAt, registrationTokenHashes, ...rest }: RegisteredClient, metadata: ClientMetadata) => {
  const kept = { clientId, createdAt, registrationTokenHashes }
  return isDeepStrictEqual({ ...kept, ...rest }, toRegisteredClient(metadata, kept, undefined))
}
