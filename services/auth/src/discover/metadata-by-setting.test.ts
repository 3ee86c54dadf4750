import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { createTestContext } from '../testing/test-context.ts'
import { authorizationServerMetadata } from './authorization-server.ts'

type Metadata = Readonly<Record<string, unknown>>

/** The servers that the compose stack starts with. */
const file = readFileSync(resolve(import.meta.dirname, '../../../../mcp.json'), 'utf8').replaceAll(/\$\{DATA_DIR\}/g, '/data')
const { mcpServers: servers } = JSON.parse(file) as { readonly mcpServers: Metadata }

const metadataOf = async (environment: Readonly<Record<string, string>> = {}): Promise<Metadata> =>
  authorizationServerMetadata(
    await createTestContext({ servers, environment: { PUBLIC_URL: 'http://localhost:8080', ...environment } }),
  )

const usual = await metadataOf()

it('as the compose stack comes, the metadata is this and nothing else', () => {
  expect(usual).toMatchInlineSnapshot(`
    {
      "authorization_endpoint": "http://localhost:8080/authorize",
      "authorization_response_iss_parameter_supported": true,
      "claims_supported": [
        "iss",
        "sub",
        "aud",
        "iat",
        "exp",
        "auth_time",
        "nonce",
        "preferred_username",
        "name",
        "email",
        "email_verified",
      ],
      "client_id_metadata_document_supported": true,
      "code_challenge_methods_supported": [
        "S256",
      ],
      "device_authorization_endpoint": "http://localhost:8080/device_authorization",
      "dpop_signing_alg_values_supported": [
        "ES256",
        "EdDSA",
        "Ed25519",
        "PS256",
        "RS256",
      ],
      "grant_types_supported": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
      "id_token_signing_alg_values_supported": [
        "ES256",
      ],
      "introspection_endpoint": "http://localhost:8080/introspect",
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
      ],
      "introspection_endpoint_auth_signing_alg_values_supported": [
        "ES256",
        "EdDSA",
        "PS256",
        "RS256",
      ],
      "introspection_signing_alg_values_supported": [
        "ES256",
      ],
      "issuer": "http://localhost:8080",
      "jwks_uri": "http://localhost:8080/.well-known/jwks.json",
      "pushed_authorization_request_endpoint": "http://localhost:8080/par",
      "registration_endpoint": "http://localhost:8080/register",
      "request_parameter_supported": false,
      "request_uri_parameter_supported": false,
      "require_pushed_authorization_requests": false,
      "response_modes_supported": [
        "query",
      ],
      "response_types_supported": [
        "code",
      ],
      "revocation_endpoint": "http://localhost:8080/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
      ],
      "revocation_endpoint_auth_signing_alg_values_supported": [
        "ES256",
        "EdDSA",
        "PS256",
        "RS256",
      ],
      "scopes_supported": [
        "mcp",
        "openid",
        "offline_access",
      ],
      "subject_types_supported": [
        "public",
      ],
      "token_endpoint": "http://localhost:8080/token",
      "token_endpoint_auth_methods_supported": [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
      ],
      "token_endpoint_auth_signing_alg_values_supported": [
        "ES256",
        "EdDSA",
        "PS256",
        "RS256",
      ],
    }
  `)
})

it.each<[string, Readonly<Record<string, string>>, (metadata: Metadata) => Metadata]>([
  [
    'without client id metadata documents',
    { CIMD_TRUSTED_HOSTS: 'none' },
    ({ client_id_metadata_document_supported: _, ...rest }) => rest,
  ],
  ['without registration', { REGISTRATION: 'off' }, ({ registration_endpoint: _, ...rest }) => rest],
  // Who has a token finds where it goes; RFC 8414 has no member for more.
  ['with registration by token', { REGISTRATION: 'token' }, (metadata) => metadata],
  [
    'without the device grant',
    { DEVICE_GRANT: 'off' },
    ({ device_authorization_endpoint: _, ...rest }) => ({
      ...rest,
      grant_types_supported: ['authorization_code', 'refresh_token'],
    }),
  ],
  [
    'at another address, with a path',
    { PUBLIC_URL: 'https://mcp.example.com/tools' },
    (metadata) => JSON.parse(JSON.stringify(metadata).replaceAll('http://localhost:8080', 'https://mcp.example.com/tools')),
  ],
])('%s, it differs in that alone', async (_what, environment, change) => {
  expect(await metadataOf(environment)).toEqual(change(usual))
})

it.each([{}, { CIMD_TRUSTED_HOSTS: 'none', REGISTRATION: 'off', DEVICE_GRANT: 'off' }])(
  'has no member that is null or empty, with %o (rule 10)',
  async (environment) => {
    const empty = Object.entries(await metadataOf(environment as Record<string, string>)).filter(
      ([, value]) => value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0),
    )
    expect(empty).toEqual([])
  },
)
