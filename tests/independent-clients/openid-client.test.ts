import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD } from '../support/gateway.ts'
import { createPerson } from '../support/person.ts'
import { DEVICE_CODE, type EverythingOn, EXCHANGE, JWT_BEARER, REDIRECT_URI, startEverythingOn } from './everything-on.ts'
import { createLedger } from './ledger.ts'

const execute = [openid.allowInsecureRequests]
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe.each([
  ['at the root of its host', ''],
  ['below a path', '/tools/gate'],
])('openid-client, with a gateway %s, uses', (_where, path) => {
  const ledger = createLedger()
  let on: EverythingOn
  let config: openid.Configuration
  beforeAll(async () => {
    on = await startEverythingOn(path)
    config = await openid.dynamicClientRegistration(
      new URL(on.gateway.url),
      {
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
      },
      undefined,
      { execute },
    )
    // The signature of ID tokens is checked against jwks_uri, although they come straight from us.
    openid.enableNonRepudiationChecks(config)
    ledger.shows('registration_endpoint')
  })
  afterAll(() => on?.close())

  /** Signed in once: scrypt is slow. */
  const person = createPerson({ password: PASSWORD })

  async function signIn(more: Readonly<Record<string, string>> = {}, isPushed = false, DPoP?: openid.DPoPHandle) {
    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const nonce = openid.randomNonce()
    const parameters = {
      redirect_uri: REDIRECT_URI,
      resource: on.gateway.server(),
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      scope: 'openid mcp',
      state,
      nonce,
      ...more,
    }
    const options = DPoP ? { DPoP } : {}
    const url = isPushed
      ? await openid.buildAuthorizationUrlWithPAR(config, parameters, options)
      : openid.buildAuthorizationUrl(config, parameters)
    const landed = await person.authorize(url, REDIRECT_URI)
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    return openid.authorizationCodeGrant(config, landed, checks, undefined, options)
  }

  it.each(['oidc', 'oauth2'] as const)('the metadata, found by the rules of %s', async (algorithm) => {
    const found = await openid.discovery(new URL(on.gateway.url), 'anybody', undefined, openid.None(), { algorithm, execute })
    expect(found.serverMetadata().issuer).toBe(on.gateway.url)
    expect(found.serverMetadata().supportsPKCE('S256')).toBe(true)
  })

  it('a code, an ID token, a refresh token, and gives them back', async () => {
    const tokens = await signIn({ scope: 'openid profile mcp' })
    expect(tokens.claims()).toMatchObject({
      iss: on.gateway.url,
      sub: 'password:operator',
      aud: config.clientMetadata().client_id,
    })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, refreshed.access_token)).toMatchObject({ active: true })
    await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, refreshed.access_token)).toEqual({ active: false })
    await expect(openid.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    for (const member of ['authorization', 'token', 'introspection', 'revocation']) ledger.shows(`${member}_endpoint`)
    ledger.shows('jwks_uri')
    for (const grant of ['authorization_code', 'refresh_token']) ledger.shows('grant_types_supported', grant)
  })

  it('a pushed request, and a key of its own', async () => {
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const tokens = await signIn({}, true, DPoP)
    expect(tokens.token_type).toBe('dpop')
    expect((await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })).token_type).toBe('dpop')
    ledger.shows('pushed_authorization_request_endpoint')
  })

  it('the device grant', async () => {
    const started = await openid.initiateDeviceAuthorization(config, { resource: on.gateway.server() })
    const question = await person.open(started.verification_uri_complete ?? '')
    if (question.kind !== 'page') throw new Error('no page')
    await person.press(question.visit, { name: 'decision', value: 'approve' })
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.01 })
    expect(tokens.scope).toBe('mcp')
    ledger.shows('device_authorization_endpoint')
    ledger.shows('grant_types_supported', DEVICE_CODE)
  })

  it('grants in which no person is asked', async () => {
    const { client_id, secret } = on.machine
    const machine = await openid.discovery(new URL(on.gateway.url), client_id, secret, openid.ClientSecretBasic(secret), {
      execute,
    })
    expect((await openid.clientCredentialsGrant(machine, { resource: on.gateway.server() })).scope).toBe('mcp')
    ledger.shows('grant_types_supported', 'client_credentials')
    const { access_token: subject_token } = await signIn()
    const exchanged = await openid.genericGrantRequest(machine, EXCHANGE, { subject_token, subject_token_type: ACCESS_TOKEN })
    expect(exchanged.issued_token_type).toBe(ACCESS_TOKEN)
    ledger.shows('grant_types_supported', EXCHANGE)
    const claims = { sub: 'U1', groups: ['staff'], client_id, aud: on.gateway.url, resource: on.gateway.server(), scope: 'mcp' }
    const assertion = await on.company.sign(claims, 'oauth-id-jag+jwt')
    expect((await openid.genericGrantRequest(machine, JWT_BEARER, { assertion })).scope).toBe('mcp')
    ledger.shows('grant_types_supported', JWT_BEARER)
  })

  it('every endpoint and every grant that there is', () => {
    const { issuer: _, ...metadata } = config.serverMetadata()
    // Methods, algorithms and the rest: oauth4webapi.test.ts.
    const places = ledger.unshown(metadata).filter((place) => /^(\w+_endpoint|jwks_uri|grant_types_supported: .*)$/.test(place))
    expect(places).toEqual([])
  })
})
