import { readFileSync } from 'node:fs'
import { readDocumentUrl } from '../fetch/document-url.ts'
import type { Client, ClientAuthMethod } from '../oauth/client.ts'
import { JWT_BEARER_GRANT_TYPE } from '../oauth/grant-types.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import { type ClientEntry, clientSecret } from './clients-file-schema.ts'
import { type ConfiguredClient, OPERATORS_GRANT_TYPES } from './configured-client.ts'

type Report = (fault: string) => void

const SECRET_METHODS: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post']
/** What the document says where the client id is a URL. */
const MEMBERS_OF_DOCUMENTS = [
  'client_secret',
  'client_secret_file',
  'redirect_uris',
  'token_endpoint_auth_method',
  'jwks',
  'jwks_uri',
] as const satisfies readonly (keyof ClientEntry)[]

/** What an entry of the clients file means. @param report - takes every fault; what comes back then is not to be used */
export function toConfiguredClient(entry: ClientEntry, opensSecrets: boolean, report: Report): ConfiguredClient {
  const grantTypes = withRefresh(entry.grant_types)
  const common = {
    ...(entry.client_name === undefined ? {} : { clientName: entry.client_name }),
    ...(entry.scope === undefined ? {} : { scope: entry.scope }),
    ...(entry.dpop_bound_access_tokens === undefined ? {} : { dpopBoundAccessTokens: entry.dpop_bound_access_tokens }),
  }
  if (/^https?:/i.test(entry.client_id)) {
    checkAddition(entry, report)
    return { kind: 'addition', clientId: entry.client_id, members: { ...common, ...(grantTypes ? { grantTypes } : {}) } }
  }
  const secret = readSecret(entry, opensSecrets, report)
  const methods = methodsOf(entry, secret !== undefined)
  const [first = 'none'] = methods
  const client: Client = {
    ...common,
    clientId: entry.client_id,
    source: 'configured',
    redirectUris: entry.redirect_uris ?? [],
    grantTypes: grantTypes ?? ['authorization_code', 'refresh_token'],
    responseTypes: entry.redirect_uris === undefined ? [] : ['code'],
    tokenEndpointAuthMethod: first,
    ...(methods.length > 1 ? { tokenEndpointAuthMethods: methods } : {}),
    ...(secret === undefined ? {} : { secretHash: sha256(secret) }),
    ...(entry.jwks === undefined ? {} : { jwks: entry.jwks }),
    ...(entry.jwks_uri === undefined ? {} : { jwksUri: entry.jwks_uri }),
    createdAt: 0,
  }
  checkProof(entry, client, report)
  checkGrants(client, report)
  return { kind: 'whole', client }
}

/** Whoever signs people in gets refresh tokens, asked for or not (rule 30). */
function withRefresh(grantTypes: ClientEntry['grant_types']): string[] | undefined {
  const signsIn = grantTypes?.some((type) => type === 'authorization_code' || type.endsWith(':device_code'))
  return grantTypes && [...new Set([...grantTypes, ...(signsIn ? ['refresh_token'] : [])])]
}

function checkAddition(entry: ClientEntry, report: Report): void {
  const url = readDocumentUrl(entry.client_id)
  if (!url || url.path === '/') report('client_id is a URL and must be https with a path, written in its plainest form')
  for (const member of MEMBERS_OF_DOCUMENTS) {
    if (entry[member] !== undefined) report(`${member} is for the document at client_id to say`)
  }
}

/** The secret; where it cannot be known, one that nobody knows. */
function readSecret(entry: ClientEntry, opensSecrets: boolean, report: Report): string | undefined {
  const { client_secret: direct, client_secret_file: file } = entry
  if (file === undefined) return direct
  if (direct !== undefined) report('client_secret and client_secret_file are both set; keep one')
  if (!opensSecrets) return randomSecret()
  try {
    const secret = clientSecret.safeParse(readFileSync(file, 'utf8').trim())
    if (!secret.success) report(`client_secret_file: its content ${secret.error.issues[0]?.message}`)
    return secret.data ?? randomSecret()
  } catch (error) {
    report(`client_secret_file cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return randomSecret()
  }
}

/** Claude and others send a secret either way, and people who type it in cannot choose. */
function methodsOf(entry: ClientEntry, hasSecret: boolean): readonly ClientAuthMethod[] {
  if (entry.token_endpoint_auth_method !== undefined) return [entry.token_endpoint_auth_method]
  if (hasSecret) return SECRET_METHODS
  return entry.jwks === undefined && entry.jwks_uri === undefined ? ['none'] : ['private_key_jwt']
}

function checkProof(
  entry: ClientEntry,
  { tokenEndpointAuthMethod: method, secretHash, jwks, jwksUri }: Client,
  report: Report,
): void {
  const hasKeys = jwks !== undefined || jwksUri !== undefined
  if (jwks !== undefined && jwksUri !== undefined) report('jwks and jwks_uri are both set; keep one')
  if (SECRET_METHODS.includes(method) && secretHash === undefined) report(`client_secret is missing for ${method}`)
  if (method === 'private_key_jwt' && !hasKeys) report('jwks or jwks_uri is missing for private_key_jwt')
  if (entry.token_endpoint_auth_method !== undefined && !SECRET_METHODS.includes(method) && secretHash !== undefined) {
    report(`client_secret is not used with ${method}; remove it`)
  }
}

function checkGrants({ grantTypes, redirectUris, tokenEndpointAuthMethod }: Client, report: Report): void {
  if (grantTypes.includes('authorization_code') && redirectUris.length === 0) {
    report('redirect_uris is missing for authorization_code; without people, set grant_types')
  }
  if (tokenEndpointAuthMethod !== 'none') return
  for (const type of grantTypes) {
    // A client may have jwt-bearer without proving itself: what it presents proves more.
    if (type !== JWT_BEARER_GRANT_TYPE && OPERATORS_GRANT_TYPES.includes(type))
      report(`grant_types: ${type} needs a client_secret or keys`)
  }
}
