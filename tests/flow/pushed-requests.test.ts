import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { form, send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const REDIRECT_URI = 'http://127.0.0.1:53123/callback'
const insecure = { [oauth.allowInsecureRequests]: true }

const gateway = await startGateway({}, { path: '/tools/gate' })
afterAll(() => gateway.close())

/** Signed in once: scrypt is slow. */
const person = createPerson({ password: PASSWORD })

async function register(metadata: Readonly<Record<string, unknown>> = {}): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server())
  await client.discover()
  await client.register({ redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none', client_name: 'Pusher', ...metadata })
  return client
}

describe('a client that pushes its request', () => {
  it('gets in by openid-client, whose link carries two parameters and no more', async () => {
    const { registration } = await register()
    const config = await openid.discovery(new URL(gateway.url), registration.client_id, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    })
    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'mcp openid',
      resource: gateway.server(),
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      nonce: 'n-1',
      state,
    })
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const answer = await person.authorize(url, REDIRECT_URI)
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: 'n-1' }
    const tokens = await openid.authorizationCodeGrant(config, answer, checks)
    expect(tokens).toMatchObject({ scope: 'mcp openid', refresh_token: expect.any(String) })
  })

  it('proves its key there by openid-client, and nobody redeems the code without it (RFC 9449 §10.1)', async () => {
    const { registration } = await register()
    const config = await openid.discovery(new URL(gateway.url), registration.client_id, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    })
    const proofs = async () => openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const [DPoP, stolen] = [await proofs(), await proofs()]
    const verifier = openid.randomPKCECodeVerifier()
    const parameters = {
      redirect_uri: REDIRECT_URI,
      resource: gateway.server(),
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const url = await openid.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
    const answer = await person.authorize(url, REDIRECT_URI)
    const checks = { pkceCodeVerifier: verifier }
    for (const options of [{}, { DPoP: stolen }]) {
      const refusal = openid.authorizationCodeGrant(config, answer, checks, undefined, options)
      await expect(refusal).rejects.toMatchObject({ error: 'invalid_grant' })
    }
    const tokens = await openid.authorizationCodeGrant(config, answer, checks, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
  })

  it('gets in by oauth4webapi, with a secret, although it must push', async () => {
    const { registration } = await register({
      token_endpoint_auth_method: 'client_secret_post',
      require_pushed_authorization_requests: true,
    })
    const issuer = new URL(gateway.url)
    const discovery = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' })
    const server = await oauth.processDiscoveryResponse(issuer, discovery)
    expect(server).toMatchObject({
      pushed_authorization_request_endpoint: `${gateway.url}/par`,
      require_pushed_authorization_requests: false,
    })
    const client = { client_id: registration.client_id }
    const secret = oauth.ClientSecretPost(registration.client_secret ?? '')
    const verifier = oauth.generateRandomCodeVerifier()
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      resource: gateway.server(),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const plain = new URL(`${server.authorization_endpoint}?${parameters}`)
    expect((await person.authorize(plain, REDIRECT_URI)).searchParams.get('error')).toBe('invalid_request')

    const response = await oauth.pushedAuthorizationRequest(server, client, secret, parameters, insecure)
    const { request_uri: requestUri, expires_in: expiresIn } = await oauth.processPushedAuthorizationResponse(
      server,
      client,
      response,
    )
    expect(expiresIn).toBe(90)
    const url = new URL(`${server.authorization_endpoint}?${form({ client_id: client.client_id, request_uri: requestUri }).body}`)
    const answer = oauth.validateAuthResponse(server, client, await person.authorize(url, REDIRECT_URI), oauth.expectNoState)
    const redeemed = await oauth.authorizationCodeGrantRequest(server, client, secret, answer, REDIRECT_URI, verifier, insecure)
    expect(await oauth.processAuthorizationCodeResponse(server, client, redeemed)).toMatchObject({ scope: 'mcp' })

    const again = await send(url, { headers: { accept: 'application/json' } })
    expect([again.status, again.json().error]).toEqual([400, 'invalid_request_uri'])
  })
})

it('no request_uri stands in a log', () => {
  expect(gateway.logs()).toContain('"event":"request_pushed"')
  expect(gateway.logs()).not.toMatch(/urn:ietf:params:oauth:request_uri|request_uri=/)
})

it('a request_uri that is an address is refused, and nobody is asked for it (AUT-07)', async () => {
  const client = await register()
  const attempt = client.prepareAuthorization({ request_uri: 'http://127.0.0.1:1/request.jwt' })
  const answer = await person.authorize(attempt.url, REDIRECT_URI)
  expect(answer.searchParams.get('error')).toBe('request_uri_not_supported')
})
