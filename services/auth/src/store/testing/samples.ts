import type { RegisteredClient } from '../../oauth/client.ts'
import { type Clock, nowSeconds } from '../../oauth/clock.ts'
import type { CodeBinding, Grant } from '../../oauth/grant.ts'
import type { Identity } from '../../oauth/identity.ts'
import type { RefreshState } from '../grant-store.ts'

let counter = 0
/** Different at every call. */
export const unique = (what: string): string => `${what}_${process.pid}_${(counter++).toString(36)}`

export const identity = (subject = unique('github:')): Identity => ({
  subject,
  provider: 'github',
  login: 'jürgen',
  groups: [],
  organizations: ['acme'],
  teams: ['acme/ops'],
})

export const sampleGrant = (clock: Clock, changes: Partial<Grant> = {}): Grant => ({
  id: unique('grt'),
  clientId: unique('https://client.example/{meta}?a=b'),
  identity: identity(),
  redirectUri: 'http://127.0.0.1:33418/callback',
  scopes: ['mcp', 'docs:read'],
  resource: 'https://mcp.example/docs/mcp',
  createdAt: nowSeconds(clock),
  ...changes,
})

export const sampleCode = (clock: Clock, changes: Partial<CodeBinding> = {}): CodeBinding => ({
  codeHash: unique('code-hash'),
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  redirectUri: 'http://127.0.0.1:33418/callback',
  expiresAt: nowSeconds(clock) + 60,
  ...changes,
})

/** Alive for an hour unless told otherwise. */
export const sampleRefresh = (clock: Clock, ttlSeconds = 3600): RefreshState & { readonly sealed: string } => ({
  refreshHash: unique('refresh-hash'),
  expiresAt: nowSeconds(clock) + ttlSeconds,
  sealed: unique('sealed'),
})

export const sampleClient = (clock: Clock, changes: Partial<RegisteredClient> = {}): RegisteredClient => ({
  clientId: unique('client'),
  source: 'registered',
  clientName: 'Ünïcode client',
  redirectUris: ['http://127.0.0.1/callback'],
  grantTypes: ['authorization_code', 'refresh_token'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'none',
  createdAt: nowSeconds(clock),
  registrationTokenHashes: ['hash'],
  ...changes,
})
