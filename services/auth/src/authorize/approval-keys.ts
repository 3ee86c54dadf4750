import type { Client } from '../oauth/client.ts'
import { matchRedirectUri } from '../oauth/redirect-uri.ts'
import { sha256 } from '../oauth/secret.ts'

/** What is remembered of a yes: exactly this client with this redirect URI (any port on loopback), scopes and resource. */
export const approvalKey = (client: Client, redirectUri: string, scopes: readonly string[], resource: string): string =>
  sha256(JSON.stringify(['approval', client.clientId, registeredUri(client, redirectUri), [...scopes].sort(), resource]))

/** That the person once sent this client an answer at this redirect URI, whatever was asked. */
export const destinationKey = (client: Client, redirectUri: string): string =>
  sha256(JSON.stringify(['destination', client.clientId, registeredUri(client, redirectUri)]))

const registeredUri = (client: Client, redirectUri: string): string =>
  matchRedirectUri(client.redirectUris, redirectUri) ?? redirectUri
