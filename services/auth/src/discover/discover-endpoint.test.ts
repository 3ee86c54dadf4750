import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSigningKeys } from '../keys/create-signing-keys.ts'
import type { KeyStore } from '../store/key-store.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestApp, createTestContext } from '../testing/test-context.ts'
import { discoverEndpoint } from './discover-endpoint.ts'

const servers = { memory: { command: 'x' }, docs: { url: 'http://docs/mcp', scopes: { read: ['get_*'], write: ['*'] } } }
let app: FastifyInstance
let withPath: FastifyInstance
beforeAll(async () => {
  const context = await createTestContext({ servers })
  app = await createTestApp((scope) => discoverEndpoint(scope, context))
  const other = await createTestContext({ servers, environment: { PUBLIC_URL: 'https://gate.test/tools' } })
  withPath = await createTestApp((scope) => discoverEndpoint(scope, other))
})
afterAll(() => Promise.all([app.close(), withPath.close()]))

describe('authorization server metadata', () => {
  it('is this, for everybody (rules 9, 10)', async () => {
    const response = await app.inject('/.well-known/oauth-authorization-server')
    expect(response.json()).toMatchInlineSnapshot(`
      {
        "authorization_endpoint": "https://gate.test/authorize",
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
        "device_authorization_endpoint": "https://gate.test/device_authorization",
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
        "introspection_endpoint": "https://gate.test/introspect",
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
        "issuer": "https://gate.test",
        "jwks_uri": "https://gate.test/.well-known/jwks.json",
        "pushed_authorization_request_endpoint": "https://gate.test/par",
        "registration_endpoint": "https://gate.test/register",
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "response_modes_supported": [
          "query",
        ],
        "response_types_supported": [
          "code",
        ],
        "revocation_endpoint": "https://gate.test/revoke",
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
          "read",
          "write",
          "openid",
          "offline_access",
        ],
        "subject_types_supported": [
          "public",
        ],
        "token_endpoint": "https://gate.test/token",
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
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it.each([
    '/.well-known/oauth-authorization-server/',
    '/.well-known/oauth-authorization-server/memory/mcp',
    '/.well-known/oauth-authorization-server/memory/mcp/',
    '/.well-known/oauth-authorization-server/docs/mcp?x=1',
    '/memory/mcp/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/.well-known/openid-configuration/memory/mcp',
    '/memory/mcp/.well-known/openid-configuration',
  ])('is the same at %s (rules 6, 8)', async (url) => {
    const response = await app.inject(url)
    expect(response.statusCode).toBe(200)
    expect(response.body).toBe((await app.inject('/.well-known/oauth-authorization-server')).body)
  })

  it.each([
    '/.well-known/oauth-authorization-server/tools',
    '/.well-known/oauth-authorization-server/tools/',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/tools/memory/mcp',
    '/tools/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration/tools',
    '/tools/.well-known/openid-configuration',
    '/tools/memory/mcp/.well-known/openid-configuration',
  ])('of an issuer with a path is at %s (AUD-08)', async (url) => {
    const response = await withPath.inject(url)
    expect(response.json()).toMatchObject({
      issuer: 'https://gate.test/tools',
      token_endpoint: 'https://gate.test/tools/token',
      jwks_uri: 'https://gate.test/tools/.well-known/jwks.json',
    })
  })
})

describe('protected resource metadata', () => {
  it('of a server names it as people type it (rules 3, 4, 5)', async () => {
    expect((await app.inject('/.well-known/oauth-protected-resource/docs/mcp')).json()).toMatchInlineSnapshot(`
      {
        "authorization_servers": [
          "https://gate.test",
        ],
        "bearer_methods_supported": [
          "header",
        ],
        "dpop_signing_alg_values_supported": [
          "ES256",
          "EdDSA",
          "Ed25519",
          "PS256",
          "RS256",
        ],
        "resource": "https://gate.test/docs/mcp",
        "resource_name": "docs",
        "scopes_supported": [
          "read",
          "write",
        ],
      }
    `)
  })

  it('at the root is that of every server together', async () => {
    expect((await app.inject('/.well-known/oauth-protected-resource')).json()).toMatchInlineSnapshot(`
      {
        "authorization_servers": [
          "https://gate.test",
        ],
        "bearer_methods_supported": [
          "header",
        ],
        "dpop_signing_alg_values_supported": [
          "ES256",
          "EdDSA",
          "Ed25519",
          "PS256",
          "RS256",
        ],
        "resource": "https://gate.test",
        "resource_name": "Gatehouse",
        "scopes_supported": [
          "mcp",
          "read",
          "write",
        ],
      }
    `)
  })

  it.each([
    ['/.well-known/oauth-protected-resource/memory/mcp', 'https://gate.test/memory/mcp'],
    ['/.well-known/oauth-protected-resource/memory/mcp/', 'https://gate.test/memory/mcp/'],
    ['/memory/mcp/.well-known/oauth-protected-resource', 'https://gate.test/memory/mcp'],
    ['/.well-known/oauth-protected-resource/', 'https://gate.test/'],
  ])('at %s is about %s (rule 4)', async (url, resource) => {
    expect((await app.inject(url)).json().resource).toBe(resource)
  })

  it.each([
    ['/.well-known/oauth-protected-resource/tools/memory/mcp', 'https://gate.test/tools/memory/mcp'],
    ['/.well-known/oauth-protected-resource/tools', 'https://gate.test/tools'],
    ['/.well-known/oauth-protected-resource', 'https://gate.test/tools'],
    ['/tools/.well-known/oauth-protected-resource', 'https://gate.test/tools'],
  ])('of a gateway with a path at %s is about %s', async (url, resource) => {
    expect((await withPath.inject(url)).json()).toMatchObject({ resource, authorization_servers: ['https://gate.test/tools'] })
  })
})

describe('a well-known document that is not there', () => {
  it.each([
    '/.well-known/oauth-protected-resource/unknown/mcp',
    '/.well-known/oauth-protected-resource/memory',
    '/.well-known/oauth-protected-resource/MEMORY/mcp',
    '/.well-known/oauth-protected-resource/%6demory/mcp',
    '/.well-known/oauth-protected-resource/memory%2Fmcp',
    '/.well-known/oauth-protected-resource//memory/mcp',
    '/.well-known/oauth-protected-resource/memory/mcp//',
    '/.well-known/oauth-authorization-server/unknown/mcp',
    '/.well-known/openid-configuration/unknown',
    '/%6demory/mcp/.well-known/openid-configuration',
  ])('is a plain 404 that pages of any origin can read: %s (rules 8, 41)', async (url) => {
    const response = await app.inject(url)
    expect(response.statusCode).toBe(404)
    expect(response.json()).toEqual({ error: 'not_found', error_description: expect.any(String) })
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.headers.location).toBeUndefined()
  })
})

describe('the key set', () => {
  it('can be cached, below the day by which a key precedes its signatures (JWT-11)', async () => {
    const response = await app.inject('/.well-known/jwks.json')
    expect(response.headers['cache-control']).toBe('public, max-age=300')
    expect(response.json().keys).toHaveLength(1)
    expect(response.body).not.toContain('"d"')
  })

  it('stands under PUBLIC_URL too', async () => {
    expect((await withPath.inject('/tools/.well-known/jwks.json')).statusCode).toBe(200)
    expect((await withPath.inject('/.well-known/jwks.json')).statusCode).toBe(200)
  })

  it('is 503 while the keys were never read, and the other documents are not (rule 8, FLT-01)', async () => {
    const context = await createTestContext()
    const store: KeyStore = {
      list: () => Promise.reject(new StoreUnavailableError(new Error('test'))),
      add: () => Promise.resolve(false),
      replace: () => Promise.resolve(false),
      remove: () => Promise.resolve(),
    }
    const keys = createSigningKeys({ ...context, store })
    const broken = await createTestApp((scope) => discoverEndpoint(scope, { ...context, keys }))
    const response = await broken.inject('/.well-known/jwks.json')
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('2')
    expect((await broken.inject('/.well-known/oauth-authorization-server')).statusCode).toBe(200)
    await broken.close()
  })
})

describe('methods', () => {
  it.each([
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource/memory/mcp',
    '/.well-known/jwks.json',
  ])('of %s are GET, HEAD and OPTIONS (rule 41)', async (url) => {
    const head = await app.inject({ method: 'HEAD', url })
    expect(head.statusCode).toBe(200)
    expect(head.body).toBe('')
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
      const refusal = await app.inject({ method, url, headers: { 'content-type': 'text/x' }, payload: 'x' })
      expect(refusal.statusCode).toBe(405)
      expect(refusal.headers.allow).toBe('GET, HEAD, OPTIONS')
      expect(refusal.json().error).toBe('invalid_request')
    }
  })

  it.each(['/memory/mcp', '/memory/mcp/', '/.well-known/oauth-protected-resource/memory/mcp', '/.well-known/jwks.json'])(
    'may be asked for by a preflight of %s (rule 41)',
    async (url) => {
      const response = await app.inject({
        method: 'OPTIONS',
        url,
        headers: {
          origin: 'https://inspector.test',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,mcp-param-region',
        },
      })
      expect(response.statusCode).toBe(204)
      expect(response.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization,mcp-param-region',
        'access-control-max-age': '7200',
      })
      expect(response.headers).not.toHaveProperty('access-control-allow-credentials')
    },
  )

  it.each(['x'.repeat(5000), 'a b', 'a,,b', '<script>', 'a, b;c'])('reflects no header list of junk: %.20s', async (list) => {
    const response = await app.inject({
      method: 'OPTIONS',
      url: '/memory/mcp',
      headers: { 'access-control-request-headers': list },
    })
    expect(response.headers['access-control-allow-headers']).toContain('Mcp-Session-Id')
  })
})

it('takes nothing from the request into a document (AUD-06)', async () => {
  const headers = { host: 'evil.test', 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test' }
  for (const url of ['/.well-known/oauth-authorization-server', '/.well-known/oauth-protected-resource/memory/mcp']) {
    expect((await app.inject({ url, headers })).body).not.toContain('evil')
  }
})
