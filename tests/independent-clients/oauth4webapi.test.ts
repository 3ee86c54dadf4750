import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { INITIALIZE } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import {
  ASSERTION_ALGORITHMS,
  DEVICE_CODE,
  type EverythingOn,
  EXCHANGE,
  JWT_BEARER,
  REDIRECT_URI,
  startEverythingOn,
} from './everything-on.ts'
import { createLedger } from './ledger.ts'

const insecure = { [oauth.allowInsecureRequests]: true } as const
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe.each([
  ['at the root of its host', ''],
  ['below a path', '/tools/gate'],
])('oauth4webapi, with a gateway %s, uses', (_where, path) => {
  const ledger = createLedger()
  let on: EverythingOn
  let issuer: URL
  let as: oauth.AuthorizationServer
  let client: oauth.Client
  let secret: oauth.ClientAuth
  beforeAll(async () => {
    on = await startEverythingOn(path)
    issuer = new URL(on.gateway.url)
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }))
    ledger.shows('issuer')
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        {
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: 'client_secret_basic',
          grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
        } as Partial<oauth.Client>,
        insecure,
      ),
    )
    ledger.shows('registration_endpoint')
    client = { ...registered, use_mtls_endpoint_aliases: false }
    secret = oauth.ClientSecretBasic(String(registered.client_secret))
  })
  afterAll(() => on?.close())

  /** Signed in once: scrypt is slow. */
  const person = createPerson({ password: PASSWORD })

  async function parametersOf(who: oauth.Client, verifier: string, more: Readonly<Record<string, string>> = {}) {
    return new URLSearchParams({
      response_type: 'code',
      client_id: who.client_id,
      redirect_uri: REDIRECT_URI,
      resource: on.gateway.server(),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...more,
    })
  }

  async function signIn(more: Readonly<Record<string, string>> = {}, who = client, proof = secret, options = {}) {
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const url = new URL(`${as.authorization_endpoint}?${await parametersOf(who, verifier, { ...more, state })}`)
    const landed = await person.authorize(url, REDIRECT_URI)
    // Throws without `iss`, because the metadata says that it comes.
    const answer = oauth.validateAuthResponse(as, who, landed, state)
    const redeem = () =>
      oauth.authorizationCodeGrantRequest(as, who, proof, answer, REDIRECT_URI, verifier, { ...insecure, ...options })
    return { answer, redeem }
  }
  async function tokensFor(more: Readonly<Record<string, string>> = {}) {
    const { redeem } = await signIn(more)
    return oauth.processAuthorizationCodeResponse(as, client, await redeem())
  }

  it('the metadata, as RFC 8414 and as OpenID Connect Discovery have it', async () => {
    // OpenID Connect Discovery puts it behind the issuer, RFC 8414 before its path; both are there.
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const document = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { ...insecure, algorithm }),
      )
      expect(document).toEqual(as)
    }
    const resource = new URL(on.gateway.server())
    const found = await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource, insecure))
    expect(found.authorization_servers).toEqual([as.issuer])
  })

  it('a code with PKCE, the issuer in the answer, and an ID token', async () => {
    const nonce = oauth.generateRandomNonce()
    const scope = 'openid profile email mcp'
    const { redeem, answer } = await signIn({ nonce, scope, max_age: '3600', response_mode: 'query' })
    expect(answer.get('iss')).toBe(as.issuer)
    const response = await redeem()
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
      maxAge: 3600,
    })
    // Fetches jwks_uri, and finds the key by kid.
    await oauth.validateApplicationLevelSignature(as, response, insecure)
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    expect(claims).toMatchObject({
      iss: as.issuer,
      aud: client.client_id,
      nonce,
      sub: 'password:operator',
      auth_time: expect.any(Number),
    })
    for (const name of ['iss', 'sub', 'aud', 'iat', 'exp', 'auth_time', 'nonce', 'preferred_username', 'name']) {
      expect(claims).toHaveProperty(name)
      ledger.shows('claims_supported', name)
    }
    expect(jose.decodeProtectedHeader(String(tokens.id_token)).alg).toBe('ES256')
    for (const member of [
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'authorization_response_iss_parameter_supported',
    ])
      ledger.shows(member)
    ledger.shows('grant_types_supported', 'authorization_code')
    ledger.shows('response_types_supported', 'code')
    ledger.shows('response_modes_supported', 'query')
    ledger.shows('code_challenge_methods_supported', 'S256')
    ledger.shows('id_token_signing_alg_values_supported', 'ES256')
    ledger.shows('token_endpoint_auth_methods_supported', 'client_secret_basic')
    // Everybody sees the same subject.
    ledger.shows('subject_types_supported', 'public')
    for (const each of ['openid', 'mcp']) {
      expect(tokens.scope?.split(' ')).toContain(each)
      ledger.shows('scopes_supported', each)
    }
  })

  it('an access token that a resource server validates by the metadata alone (RFC 9068)', async () => {
    const { access_token: token } = await tokensFor()
    const request = new Request(on.gateway.server(), { headers: { authorization: `Bearer ${token}` } })
    const claims = await oauth.validateJwtAccessToken(as, request, on.gateway.server(), insecure)
    expect(claims).toMatchObject({ client_id: client.client_id, sub: 'password:operator', scope: 'mcp' })
  })

  it('a refresh token, with and without `offline_access`', async () => {
    for (const scope of ['mcp', 'mcp offline_access']) {
      const { refresh_token: old = '' } = await tokensFor({ scope })
      const response = await oauth.refreshTokenGrantRequest(as, client, secret, old, insecure)
      const next = await oauth.processRefreshTokenResponse(as, client, response)
      expect(next.refresh_token).not.toBe(old)
    }
    ledger.shows('grant_types_supported', 'refresh_token')
    ledger.shows('scopes_supported', 'offline_access')
  })

  it.each(['none', 'client_secret_post', 'client_secret_basic'])('%s, to redeem and to revoke', async (method) => {
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: method } as Partial<oauth.Client>,
        insecure,
      ),
    )
    const own = String(registered.client_secret)
    const proof =
      method === 'none'
        ? oauth.None()
        : method === 'client_secret_post'
          ? oauth.ClientSecretPost(own)
          : oauth.ClientSecretBasic(own)
    const { redeem } = await signIn({}, registered, proof)
    const tokens = await oauth.processAuthorizationCodeResponse(as, registered, await redeem())
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, registered, proof, tokens.refresh_token ?? '', insecure),
    )
    const refused = oauth.processRefreshTokenResponse(
      as,
      registered,
      await oauth.refreshTokenGrantRequest(as, registered, proof, tokens.refresh_token ?? '', insecure),
    )
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' })
    ledger.shows('revocation_endpoint')
    ledger.shows('token_endpoint_auth_methods_supported', method)
    ledger.shows('revocation_endpoint_auth_methods_supported', method)
  })

  it.each(ASSERTION_ALGORITHMS)('private_key_jwt by %s, to get tokens, to revoke and to introspect', async (alg) => {
    const keyed: oauth.Client = { client_id: `keyed-${alg}` }
    const key = on.keys[alg]
    if (!key) throw new Error(`no key for ${alg}`)
    const proof = oauth.PrivateKeyJwt({ key, kid: alg }, under(alg))
    const response = await oauth.clientCredentialsGrantRequest(as, keyed, proof, { resource: on.gateway.server() }, insecure)
    const tokens = await oauth.processClientCredentialsResponse(as, keyed, response)
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        keyed,
        await oauth.introspectionRequest(as, keyed, proof, tokens.access_token, insecure),
      )
    expect(await introspect()).toMatchObject({ active: true, sub: `client:${keyed.client_id}` })
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, keyed, proof, tokens.access_token, insecure))
    expect(await introspect()).toEqual({ active: false })
    for (const endpoint of ['token', 'revocation', 'introspection']) {
      ledger.shows(`${endpoint}_endpoint_auth_methods_supported`, 'private_key_jwt')
      ledger.shows(`${endpoint}_endpoint_auth_signing_alg_values_supported`, alg)
    }
  })

  it.each(['client_secret_basic', 'client_secret_post'])('introspection by %s, plain and signed', async (method) => {
    const own: oauth.Client = { client_id: String(client.client_id), introspection_signed_response_alg: 'ES256' }
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: method } as Partial<oauth.Client>,
        insecure,
      ),
    )
    const asker: oauth.Client = { ...own, client_id: registered.client_id }
    const proof = (method === 'client_secret_post' ? oauth.ClientSecretPost : oauth.ClientSecretBasic)(
      String(registered.client_secret),
    )
    const { redeem } = await signIn({}, asker, proof)
    const { access_token: token } = await oauth.processAuthorizationCodeResponse(as, asker, await redeem())
    for (const signed of [false, true]) {
      const response = await oauth.introspectionRequest(as, asker, proof, token, { ...insecure, requestJwtResponse: signed })
      const answer = await oauth.processIntrospectionResponse(as, signed ? asker : { client_id: asker.client_id }, response)
      expect(answer).toMatchObject({ active: true, client_id: asker.client_id })
      if (signed) await oauth.validateApplicationLevelSignature(as, response, insecure)
    }
    ledger.shows('introspection_endpoint')
    ledger.shows('introspection_signing_alg_values_supported', 'ES256')
    ledger.shows('introspection_endpoint_auth_methods_supported', method)
  })

  it('a request that was pushed, and none that was not asked to be', async () => {
    const verifier = oauth.generateRandomCodeVerifier()
    const response = await oauth.pushedAuthorizationRequest(as, client, secret, await parametersOf(client, verifier), insecure)
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response)
    const query = new URLSearchParams({ client_id: client.client_id, request_uri })
    const landed = await person.authorize(new URL(`${as.authorization_endpoint}?${query}`), REDIRECT_URI)
    const answer = oauth.validateAuthResponse(as, client, landed, oauth.expectNoState)
    const redeemed = await oauth.authorizationCodeGrantRequest(as, client, secret, answer, REDIRECT_URI, verifier, insecure)
    expect(await oauth.processAuthorizationCodeResponse(as, client, redeemed)).toMatchObject({ scope: 'mcp' })
    ledger.shows('pushed_authorization_request_endpoint')
    // Every other test here does not push.
    ledger.shows('require_pushed_authorization_requests')
    for (const [member, name] of [
      ['request_parameter_supported', 'request'],
      ['request_uri_parameter_supported', 'request_uri'],
    ] as const) {
      const url = new URL(
        `${as.authorization_endpoint}?${await parametersOf(client, verifier, { [name]: 'https://client.test/request' })}`,
      )
      const refused = (await person.authorize(url, REDIRECT_URI)).searchParams
      expect(() => oauth.validateAuthResponse(as, client, refused, oauth.expectNoState)).toThrow(oauth.AuthorizationResponseError)
      ledger.shows(member)
    }
  })

  it('the device grant', async () => {
    const started = await oauth.processDeviceAuthorizationResponse(
      as,
      client,
      await oauth.deviceAuthorizationRequest(as, client, secret, { resource: on.gateway.server() }, insecure),
    )
    const question = await person.open(started.verification_uri_complete ?? '')
    if (question.kind !== 'page') throw new Error('no page')
    await person.press(question.visit, { name: 'decision', value: 'approve' })
    const polled = await oauth.deviceCodeGrantRequest(as, client, secret, started.device_code, insecure)
    expect(await oauth.processDeviceCodeResponse(as, client, polled)).toMatchObject({ scope: 'mcp' })
    ledger.shows('device_authorization_endpoint')
    ledger.shows('grant_types_supported', DEVICE_CODE)
  })

  it('grants in which no person is asked', async () => {
    const machine: oauth.Client = { client_id: on.machine.client_id }
    const proof = oauth.ClientSecretBasic(on.machine.secret)
    const credentials = await oauth.clientCredentialsGrantRequest(as, machine, proof, { resource: on.gateway.server() }, insecure)
    expect(await oauth.processClientCredentialsResponse(as, machine, credentials)).toMatchObject({ scope: 'mcp' })
    ledger.shows('grant_types_supported', 'client_credentials')

    const generic = async (grant: string, fields: Record<string, string>) =>
      oauth.processGenericTokenEndpointResponse(
        as,
        machine,
        await oauth.genericTokenEndpointRequest(as, machine, proof, grant, fields, insecure),
      )
    const { access_token } = await tokensFor()
    const exchanged = await generic(EXCHANGE, { subject_token: access_token, subject_token_type: ACCESS_TOKEN })
    expect(exchanged).toMatchObject({ issued_token_type: ACCESS_TOKEN })
    ledger.shows('grant_types_supported', EXCHANGE)

    const claims = {
      sub: 'U1',
      groups: ['staff'],
      client_id: machine.client_id,
      aud: on.gateway.url,
      resource: on.gateway.server(),
      scope: 'mcp',
    }
    const assertion = await on.company.sign(claims, 'oauth-id-jag+jwt')
    expect(await generic(JWT_BEARER, { assertion })).toMatchObject({ scope: 'mcp' })
    ledger.shows('grant_types_supported', JWT_BEARER)
    ledger.shows('authorization_grant_profiles_supported', 'urn:ietf:params:oauth:grant-profile:id-jag')
  })

  it.each(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])(
    'a key of its own by DPoP, %s, from the code to the server',
    async (alg) => {
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg), under(alg))
      const { redeem } = await signIn({}, client, secret, { DPoP })
      const read = async () => oauth.processAuthorizationCodeResponse(as, client, await redeem())
      const tokens = await read().catch((error: unknown) => {
        // The first proof brings the nonce for the next.
        if (!oauth.isDPoPNonceError(error)) throw error
        return read()
      })
      expect(tokens.token_type).toBe('dpop')
      const call = () =>
        oauth.protectedResourceRequest(
          tokens.access_token,
          'POST',
          new URL(on.gateway.server()),
          new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
          JSON.stringify(INITIALIZE),
          { ...insecure, DPoP },
        )
      const response = await call().catch((error: unknown) => {
        if (!oauth.isDPoPNonceError(error)) throw error
        return call()
      })
      expect(response.status).toBe(200)
      ledger.shows('dpop_signing_alg_values_supported', alg)
    },
  )

  it('everything else that the metadata says', async () => {
    // The operator has neither; a person of an identity provider has (tests/flow/people-sign-in.test.ts).
    for (const claim of ['email', 'email_verified']) ledger.shows('claims_supported', claim)
    // Shown by tests/flow/cimd-clients-get-in.test.ts, with a web server for the document.
    ledger.shows('client_id_metadata_document_supported')
    const metadata = (await send(`${issuer.origin}/.well-known/oauth-authorization-server${path}`)).json()
    expect(ledger.unshown(metadata)).toEqual([])
  })
})

/** oauth4webapi signs with the newer name of an algorithm (RFC 9864); clients that know the older one write that. */
const under = (alg: string): oauth.ModifyAssertionOptions => ({
  [oauth.modifyAssertion]: (header) => {
    header.alg = alg
  },
})
