import { z } from 'zod'
import { ASSERTION_ALGORITHMS } from '../oauth/assertion-algorithms.ts'
import type { Client, ClientAuthMethod } from '../oauth/client.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { clientName, httpsUrl, optional, publicJwks, redirectUris } from './metadata-schema.ts'

const absent = z.undefined('must not be there: a document is public')
/** What is only shown is left out when it is not fit to be shown. */
const shown = optional(httpsUrl).catch(undefined)
const flag = optional(z.boolean())
const words = optional(z.array(z.string()))

/**
 * A client id metadata document (draft-ietf-oauth-client-id-metadata-document §4). MCP 2026-07-28 requires `client_id`,
 * `client_name` and `redirect_uris`. Members we have no use for are ignored.
 */
const clientDocument = z
  .object({
    client_id: z.string(),
    client_name: clientName.refine((name) => name !== '', 'must not be empty'),
    redirect_uris: optional(redirectUris),
    grant_types: words,
    response_types: words,
    token_endpoint_auth_method: optional(z.string()),
    token_endpoint_auth_methods_supported: words,
    token_endpoint_auth_signing_alg: optional(z.string()),
    jwks: optional(publicJwks),
    jwks_uri: optional(httpsUrl),
    client_secret: absent,
    client_secret_expires_at: absent,
    client_uri: shown,
    logo_uri: shown,
    policy_uri: shown,
    tos_uri: shown,
    dpop_bound_access_tokens: flag,
    require_pushed_authorization_requests: flag,
  })
  .partial({ client_secret: true, client_secret_expires_at: true })

type ClientDocument = z.infer<typeof clientDocument>

/** Why a document makes no client. The message is fit for the wire and says nothing secret. */
export class ClientDocumentFault extends Error {
  override readonly name = 'ClientDocumentFault'
}

/**
 * The client that a document describes.
 * @param clientId - the URL that the document was fetched from
 * @param nowSeconds - when
 * @throws ClientDocumentFault
 */
export function readClientDocument(clientId: string, json: unknown, nowSeconds: number): Client {
  const parsed = clientDocument.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new ClientDocumentFault(`${issue?.path.join('.') || 'the document'} ${plain(issue?.message)}`)
  }
  const document = parsed.data
  // §4: "comparisons MUST be made using simple string comparison".
  if (document.client_id !== clientId) throw new ClientDocumentFault('client_id is not the address of the document')
  if (document.jwks !== undefined && document.jwks_uri !== undefined) {
    throw new ClientDocumentFault('jwks and jwks_uri must not both be there')
  }
  const grantTypes = grantTypesOf(document)
  const methods = authMethodsOf(document)
  const [first = 'none'] = methods
  return {
    clientId,
    source: 'metadata',
    clientName: document.client_name,
    redirectUris: document.redirect_uris ?? [],
    grantTypes,
    responseTypes: grantTypes.includes('authorization_code') ? ['code'] : [],
    tokenEndpointAuthMethod: first,
    ...(methods.length > 1 ? { tokenEndpointAuthMethods: methods } : {}),
    ...present('tokenEndpointAuthSigningAlg', document.token_endpoint_auth_signing_alg),
    ...present('jwks', document.jwks),
    ...present('jwksUri', document.jwks_uri),
    ...present('clientUri', document.client_uri),
    ...present('logoUri', document.logo_uri),
    ...present('policyUri', document.policy_uri),
    ...present('tosUri', document.tos_uri),
    ...present('dpopBoundAccessTokens', document.dpop_bound_access_tokens),
    ...present('requirePushedAuthorizationRequests', document.require_pushed_authorization_requests),
    createdAt: nowSeconds,
  }
}

function grantTypesOf({ grant_types: asked = ['authorization_code'], response_types, redirect_uris }: ClientDocument): string[] {
  const isWeb = asked.includes('authorization_code')
  if (isWeb && redirect_uris === undefined) throw new ClientDocumentFault('redirect_uris must name at least one URI')
  if (isWeb && response_types !== undefined && response_types.length > 0 && !response_types.includes('code')) {
    throw new ClientDocumentFault('response_types must include code')
  }
  const isDevice = asked.includes(DEVICE_CODE_GRANT_TYPE)
  return [
    ...(isWeb ? ['authorization_code'] : []),
    ...(isWeb || isDevice ? ['refresh_token'] : []),
    ...(isDevice ? [DEVICE_CODE_GRANT_TYPE] : []),
  ]
}

/**
 * How the client may prove itself, what it prefers first. Without a word about it: `none`, not RFC 7591's default, which needs
 * a secret. `token_endpoint_auth_methods_supported` lists what it may choose from at each request (OpenID Connect RP Metadata
 * Choices 1.0 §2); ChatGPT's document prefers `private_key_jwt` there and takes `none`.
 */
function authMethodsOf(document: ClientDocument): ClientAuthMethod[] {
  const { token_endpoint_auth_method: preferred, token_endpoint_auth_methods_supported: supported } = document
  const named = [...new Set([...(preferred === undefined ? [] : [preferred]), ...(supported ?? [])])]
  if (named.some((method) => method.startsWith('client_secret_'))) {
    // §4.1: "MUST NOT include client_secret_post, client_secret_basic, client_secret_jwt".
    throw new ClientDocumentFault('token_endpoint_auth_method must need no shared secret: a document is public')
  }
  if (named.length === 0) return ['none']
  const mayUse = (method: string) => method === 'none' || (method === 'private_key_jwt' && canSign(document))
  const usable = named.filter(mayUse)
  if (usable.length === 0) {
    throw new ClientDocumentFault(
      `token_endpoint_auth_method must be none, or private_key_jwt with jwks or jwks_uri and by ${ASSERTION_ALGORITHMS.join(', ')}`,
    )
  }
  return usable as ClientAuthMethod[]
}

/** Whether the document has keys, and an algorithm that we take if it names one. */
const canSign = ({ jwks, jwks_uri, token_endpoint_auth_signing_alg: alg }: ClientDocument): boolean =>
  (jwks !== undefined || jwks_uri !== undefined) && (alg === undefined || ASSERTION_ALGORITHMS.some((known) => known === alg))

/** zod's own words for what is missing or of another type. */
const plain = (message = 'is not as it must be'): string =>
  message.startsWith('Invalid input') ? 'is missing or of another type' : message

const present = <Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value })
