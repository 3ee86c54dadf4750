import { z } from 'zod'

const url = z.string().regex(/^https?:\/\//)
const list = z.array(z.string()).min(1)
/** A list of exactly one. */
const only = (item: z.ZodType) => z.array(item).length(1)

export const authorizationServerMetadata = z
  .strictObject({
    issuer: url.describe('PUBLIC_URL, byte for byte.'),
    authorization_endpoint: url,
    token_endpoint: url,
    registration_endpoint: url.optional().describe('Not with REGISTRATION=off.'),
    client_id_metadata_document_supported: z.literal(true).optional().describe('When a client_id may be a URL.'),
    introspection_endpoint: url,
    pushed_authorization_request_endpoint: url,
    require_pushed_authorization_requests: z.literal(false),
    device_authorization_endpoint: url.optional().describe('Not with DEVICE_GRANT=off.'),
    revocation_endpoint: url,
    jwks_uri: url,
    scopes_supported: list,
    response_types_supported: only(z.literal('code')),
    response_modes_supported: only(z.literal('query')),
    grant_types_supported: list,
    authorization_grant_profiles_supported: list.optional(),
    token_endpoint_auth_methods_supported: list,
    token_endpoint_auth_signing_alg_values_supported: list,
    revocation_endpoint_auth_methods_supported: list,
    revocation_endpoint_auth_signing_alg_values_supported: list,
    introspection_endpoint_auth_methods_supported: list,
    introspection_endpoint_auth_signing_alg_values_supported: list,
    introspection_signing_alg_values_supported: list,
    dpop_signing_alg_values_supported: list,
    code_challenge_methods_supported: only(z.literal('S256')),
    authorization_response_iss_parameter_supported: z.literal(true),
    subject_types_supported: only(z.literal('public')),
    id_token_signing_alg_values_supported: list,
    claims_supported: list,
    request_parameter_supported: z.literal(false),
    request_uri_parameter_supported: z.literal(false),
  })
  .meta({
    id: 'AuthorizationServerMetadata',
    description: 'RFC 8414 §2, and OpenID Connect Discovery 1.0 §3. No member is null or empty.',
  })

export const protectedResourceMetadata = z
  .strictObject({
    resource: url.describe('The server as the client typed it.'),
    authorization_servers: only(url).describe('PUBLIC_URL alone.'),
    scopes_supported: list.optional(),
    bearer_methods_supported: only(z.literal('header')),
    dpop_signing_alg_values_supported: list,
    resource_name: z.string(),
  })
  .meta({ id: 'ProtectedResourceMetadata', description: 'RFC 9728 §2.' })

export const jwks = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'JsonWebKeySet', description: 'RFC 7517 §5. Public members alone; the next key is in it before it signs.' })
