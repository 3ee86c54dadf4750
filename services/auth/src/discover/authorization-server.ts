import type { Context } from '../context.ts'
import { PROOF_ALGORITHMS } from '../dpop/algorithms.ts'
import { ASSERTION_ALGORITHMS } from '../oauth/assertion-algorithms.ts'
import { DEVICE_CODE_GRANT_TYPE, JWT_BEARER_GRANT_TYPE, TOKEN_EXCHANGE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { isCimdOn } from '../oauth/trusted-hosts.ts'

const GRANTS_WITHOUT_PERSON = ['client_credentials', TOKEN_EXCHANGE_GRANT_TYPE, JWT_BEARER_GRANT_TYPE]

/**
 * Authorization server metadata (RFC 8414 §2), which is our OpenID Connect discovery document too (Discovery 1.0 §3).
 * The same for everybody, whatever host it is asked from: nothing in it comes from a request (AUD-06). No member is
 * null or empty, because TypeScript SDKs refuse the whole document for that.
 */
export function authorizationServerMetadata({
  config,
  resources,
  clients,
  issuers,
}: Pick<Context, 'config' | 'resources' | 'clients' | 'issuers'>) {
  const issuer = config.PUBLIC_URL
  const authMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    ...(config.REGISTRATION === 'off' ? {} : { registration_endpoint: `${issuer}/register` }),
    // Exactly when such clients get in: a client that sees it does not register.
    ...(isCimdOn(config.CIMD_TRUSTED_HOSTS) ? { client_id_metadata_document_supported: true } : {}),
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    // Clients may, and those that registered so must (RFC 9126 §5, §6).
    require_pushed_authorization_requests: false,
    ...(config.DEVICE_GRANT === 'on' ? { device_authorization_endpoint: `${issuer}/device_authorization` } : {}),
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    // Gemini, rmcp and Python ask for all of it. `offline_access` is here and nowhere else: ChatGPT keeps no session without it.
    scopes_supported: [...new Set([...resources.root.scopes, 'openid', 'offline_access'])],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      ...(config.DEVICE_GRANT === 'on' ? [DEVICE_CODE_GRANT_TYPE] : []),
      // Where no person is asked: those that some client of the operator's file may use.
      ...GRANTS_WITHOUT_PERSON.filter(
        (grant) => clients.offers(grant) && (grant !== JWT_BEARER_GRANT_TYPE || issuers.all.length > 0),
      ),
    ],
    // draft-ietf-oauth-identity-assertion-authz-grant §7.2.
    ...(clients.offers(JWT_BEARER_GRANT_TYPE) && issuers.all.some(({ idJag }) => idJag)
      ? { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] }
      : {}),
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: authMethods.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    // RFC 9207: Gemini refuses a redirect without `iss`, ChatGPT and Codex use their stable ids only with it.
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'iat',
      'exp',
      'auth_time',
      'nonce',
      'preferred_username',
      'name',
      'email',
      'email_verified',
    ],
    request_parameter_supported: false,
    // "If omitted, the default value is true" (Discovery 1.0 §3).
    request_uri_parameter_supported: false,
  }
}
