import * as oauth from 'oauth4webapi'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../support/clock.ts'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { startHttpMcpServer } from '../support/http-mcp-server.ts'
import { INITIALIZE, OAuthClient, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const remote = await startHttpMcpServer()
// Behind the clients' clocks, so that a test can move on by more than the life of a nonce.
const clock = createClock(Date.now() - 200_000)
const gateway = await startGateway({}, { servers: { remote: { url: remote.url } }, clock })
afterAll(() => Promise.all([gateway.close(), remote.close()]))
beforeEach(() => {
  remote.seen.length = 0
})

const INSECURE = { [oauth.allowInsecureRequests]: true } as const
const URL_OF_SERVER = new URL(gateway.server('remote'))

/** A client of oauth4webapi with a key of its own, and a registration of its own. */
async function newClient(alg = 'ES256') {
  const flow = new OAuthClient(gateway.server('remote'))
  const { server } = await flow.discover()
  const registration = await flow.register({
    client_name: `With a key ${crypto.randomUUID()}`,
    redirect_uris: [flow.redirectUri],
    token_endpoint_auth_method: 'none',
  })
  const as = server as unknown as oauth.AuthorizationServer
  const client: oauth.Client = { client_id: registration.client_id }
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg))
  return { flow, as, client, DPoP }
}
type Client = Awaited<ReturnType<typeof newClient>>

/** Again once, with the nonce that the refusal brought, as every client of RFC 9449 does. */
async function withNonce<Result>(attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return attempt()
  }
}

async function signIn({ flow, as, client, DPoP }: Client, changes: Record<string, string | undefined> = {}) {
  const attempt = flow.prepareAuthorization(changes)
  const landed = await createPerson({ password: PASSWORD }).authorize(attempt.url, attempt.redirectUri)
  const params = oauth.validateAuthResponse(as, client, landed, attempt.state)
  return withNonce(async () => {
    const redeem = oauth.authorizationCodeGrantRequest
    const response = await redeem(as, client, oauth.None(), params, attempt.redirectUri, attempt.verifier, { DPoP, ...INSECURE })
    return oauth.processAuthorizationCodeResponse(as, client, response)
  })
}

const refresh = ({ as, client, DPoP }: Client, refreshToken = '', by = DPoP) =>
  withNonce(async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, { DPoP: by, ...INSECURE })
    return oauth.processRefreshTokenResponse(as, client, response)
  })

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const callOnce = (token: string, DPoP: oauth.DPoPHandle, url = URL_OF_SERVER) =>
  oauth.protectedResourceRequest(token, 'POST', url, new Headers(HEADERS), JSON.stringify(INITIALIZE), { DPoP, ...INSECURE })
const call = (token: string, DPoP: oauth.DPoPHandle) => withNonce(() => callOnce(token, DPoP))

/** The proof that a client of oauth4webapi would send, caught before it is sent. */
async function catchProof(token: string, DPoP: oauth.DPoPHandle, url = URL_OF_SERVER): Promise<string> {
  let proof = ''
  const headers = new Headers(HEADERS)
  const customFetch = async (_url: string, options: { headers: Record<string, string> }) => {
    proof = options.headers.dpop ?? ''
    return new Response()
  }
  await oauth.protectedResourceRequest(token, 'POST', url, headers, null, { DPoP, ...INSECURE, [oauth.customFetch]: customFetch })
  return proof
}
const post = (authorization: string, dpop?: string | string[], headers: Record<string, string> = {}) =>
  send(URL_OF_SERVER, {
    method: 'POST',
    headers: { ...HEADERS, authorization, dpop, ...headers },
    body: JSON.stringify(INITIALIZE),
  })
const newKey = async ({ client }: Client) => oauth.DPoP(client, await oauth.generateKeyPair('ES256'))

const owner = await newClient()
const { access_token: token } = await signIn(owner)

describe('a client with a key of its own', () => {
  it.each(['ES256', 'Ed25519', 'PS256', 'RS256'])('gets in by %s, with the nonces it is told to use', async (alg) => {
    const client = await newClient(alg)
    const tokens = await signIn(client)
    expect(tokens.token_type).toBe('dpop')
    expect(readJwt(tokens.access_token).payload.cnf).toEqual({ jkt: await client.DPoP.calculateThumbprint() })
    for (let time = 0; time < 3; time++) expect((await call(tokens.access_token, client.DPoP)).status).toBe(200)
    const again = await refresh(client, tokens.refresh_token)
    expect(again.token_type).toBe('dpop')
    expect((await call(again.access_token, client.DPoP)).status).toBe(200)
    expect(remote.seen).toHaveLength(4)
  })

  it('finds in the metadata how it may sign (RFC 9449 §5.1, RFC 9728 §2)', async () => {
    const { flow, as } = await newClient()
    const algorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
    expect(as.dpop_signing_alg_values_supported).toEqual(algorithms)
    expect(flow.discovery.resourceMetadata).toMatchObject({ dpop_signing_alg_values_supported: algorithms })
  })

  it('needs one nonce for the authorization server and its servers, and a new one after five minutes', async () => {
    const client = await newClient()
    const tokens = await signIn(client)
    // The one that /token gave is good at the server.
    expect((await callOnce(tokens.access_token, client.DPoP)).status).toBe(200)
    // Before it ends, an answer brings the next one.
    clock.advance(200)
    expect((await callOnce(tokens.access_token, client.DPoP)).status).toBe(200)
    clock.advance(150)
    expect((await callOnce(tokens.access_token, client.DPoP)).status).toBe(200)
    await expect(callOnce(tokens.access_token, await newKey(client))).rejects.toSatisfy(oauth.isDPoPNonceError)
    clock.advance(-350)
  })

  it('gets no code redeemed by another key than the one it named when it began (RFC 9449 §10)', async () => {
    const client = await newClient()
    const named = { dpop_jkt: await client.DPoP.calculateThumbprint() }
    await expect(signIn({ ...client, DPoP: await newKey(client) }, named)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect((await signIn(client, named)).token_type).toBe('dpop')
  })
})

describe('a thief of a bound token', () => {
  it.each<[string, (proof: string) => Promise<{ readonly status: number }>]>([
    ['sends it as Bearer', () => post(`Bearer ${token}`)],
    ['sends it as Bearer beside a proof that was not used', (proof) => post(`Bearer ${token}`, proof)],
    ['sends it without a proof', () => post(`DPoP ${token}`)],
    ['sends a proof twice in one request', (proof) => post(`DPoP ${token}`, [proof, proof])],
    [
      'sends a proof with another method',
      (proof) => send(URL_OF_SERVER, { headers: { authorization: `DPoP ${token}`, dpop: proof } }),
    ],
    [
      'sends a proof for another server',
      async () => post(`DPoP ${token}`, await catchProof(token, owner.DPoP, new URL(gateway.url))),
    ],
    ['sends a proof beside another token', async () => post(`DPoP ${token}`, await catchProof('another', owner.DPoP))],
    [
      'says that the request is another one',
      (proof) =>
        send(`${URL_OF_SERVER}/`, {
          method: 'POST',
          headers: { authorization: `DPoP ${token}`, dpop: proof, 'x-forwarded-uri': URL_OF_SERVER.pathname },
        }),
    ],
    [
      'proves a key of their own',
      async () => call(token, await newKey(owner)).catch(({ response }: { response: Response }) => response),
    ],
  ])('who %s gets 401, and the server never hears of it', async (_what, attempt) => {
    await call(token, owner.DPoP)
    const proof = await catchProof(token, owner.DPoP)
    remote.seen.length = 0
    expect((await attempt(proof)).status).toBe(401)
    expect(remote.seen).toEqual([])
    expect((await post(`DPoP ${token}`, proof)).status).toBe(200)
  })

  it('gets nowhere with a proof that was used', async () => {
    await call(token, owner.DPoP)
    const proof = await catchProof(token, owner.DPoP)
    expect((await post(`DPoP ${token}`, proof)).status).toBe(200)
    remote.seen.length = 0
    expect((await post(`DPoP ${token}`, proof)).status).toBe(401)
    expect(remote.seen).toEqual([])
  })

  it('cannot use its refresh token either, and does not harm the owner by trying (RFC 9449 §5)', async () => {
    const client = await newClient()
    const tokens = await signIn(client)
    const own = await newKey(client)
    await expect(refresh(client, tokens.refresh_token, own)).rejects.toMatchObject({ error: 'invalid_grant' })
    const bare = await client.flow.refresh(tokens.refresh_token)
    expect([bare.status, bare.json().error]).toEqual([400, 'invalid_grant'])
    expect((await refresh(client, tokens.refresh_token)).token_type).toBe('dpop')
  })

  it('of fifty equal requests at once gets one through, which is the one the owner made', async () => {
    await call(token, owner.DPoP)
    const proof = await catchProof(token, owner.DPoP)
    remote.seen.length = 0
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(`DPoP ${token}`, proof)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
    expect(remote.seen).toHaveLength(1)
  })
})

describe('the edge', () => {
  it('hands neither the token nor the proof to a server (VER-17)', async () => {
    expect((await call(token, owner.DPoP)).status).toBe(200)
    const [headers = {}] = remote.seen
    expect(headers).not.toHaveProperty('dpop')
    expect(headers).not.toHaveProperty('authorization')
    expect(JSON.stringify(headers)).not.toContain(token)
  })

  it('lets a page in a browser send a proof and read the nonce (rule 41)', async () => {
    const origin = { origin: 'https://app.example' }
    const preflight = await send(URL_OF_SERVER, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,dpop' },
    })
    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([204, 'authorization,dpop'])
    const refusal = await post(`DPoP ${token}`, await catchProof(token, await newKey(owner)), origin)
    expect(refusal.status).toBe(401)
    expect(refusal.headers['dpop-nonce']).toEqual(expect.any(String))
    expect(refusal.headers['access-control-expose-headers']).toContain('DPoP-Nonce')
  })

  it('leaves clients that know nothing of keys as they are', async () => {
    const client = new OAuthClient(gateway.server('remote'))
    const tokens = await client.signIn(createPerson({ password: PASSWORD }))
    expect(tokens.token_type).toBe('Bearer')
    const answer = await client.post(INITIALIZE)
    expect(answer.status).toBe(200)
    expect(answer.headers).not.toHaveProperty('dpop-nonce')
  })
})
