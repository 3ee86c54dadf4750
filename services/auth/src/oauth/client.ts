/** How a client proves itself at /token. RFC 7591 §2 `token_endpoint_auth_method`. */
export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** A client as every step of the flow sees it, whatever it came from (registration, configuration, metadata document). */
export interface Client {
  readonly clientId: string
  /** `registered` by RFC 7591, `configured` by the operator, or a client id `metadata` document. */
  readonly source: 'registered' | 'configured' | 'metadata'
  /** Not verified by anybody unless the source is `metadata`; show it as a claim. */
  readonly clientName?: string
  readonly clientUri?: string
  readonly logoUri?: string
  readonly policyUri?: string
  readonly tosUri?: string
  readonly softwareId?: string
  readonly softwareVersion?: string
  readonly applicationType?: string
  readonly contacts?: readonly string[]
  readonly redirectUris: readonly string[]
  readonly grantTypes: readonly string[]
  readonly responseTypes: readonly string[]
  readonly tokenEndpointAuthMethod: ClientAuthMethod
  /** All it may choose from at each request, where there are several (OpenID Connect RP Metadata Choices 1.0 §2). */
  readonly tokenEndpointAuthMethods?: readonly ClientAuthMethod[]
  /** It proved itself at this request, and may come without any proof at the next: what it is given is not bound by that proof. */
  readonly mayComeUnproved?: boolean
  /** SHA-256 of the secret, base64url; secrets are made by us with 256 bits, so no slow hash is needed. */
  readonly secretHash?: string
  readonly jwks?: { keys: readonly Record<string, unknown>[] }
  readonly jwksUri?: string
  /** RFC 7591 §2, with `private_key_jwt`: the one algorithm its assertions use. */
  readonly tokenEndpointAuthSigningAlg?: string
  /** Its tokens are always bound to a key of its own (RFC 9449 §5.2). */
  readonly dpopBoundAccessTokens?: boolean
  /** It always pushes its authorization requests (RFC 9126 §6). */
  readonly requirePushedAuthorizationRequests?: boolean
  /** Space separated, as registered; absent = whatever the resource offers. */
  readonly scope?: string
  /** Unix seconds. */
  readonly createdAt: number
}

/** What the store keeps of a client that registered itself (RFC 7591). */
export interface RegisteredClient extends Client {
  readonly source: 'registered'
  /** SHA-256, base64url, of every registration access token that may manage this client (RFC 7592), newest last. */
  readonly registrationTokenHashes: readonly string[]
}
