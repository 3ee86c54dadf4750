import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisContainer, startRedis, urlOf } from '../../services/auth/src/store/testing/redis-containers.ts'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { createPerson } from '../support/person.ts'
import { type Answer, post } from './calls.ts'
import { fifty } from './fifty.ts'
import { PASSWORD, type Replica, type Replicas, startReplicas } from './replicas.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const REDIRECT_URI = 'http://127.0.0.1:53123/callback'
/** One person may look up twenty codes in a quarter of an hour. */
const DEVICES = rounds(10, 15)
const PROOFS = rounds(10, 200)
const insecure = { [oauth.allowInsecureRequests]: true } as const

describeWithDocker('what is begun at one replica is finished at the other', () => {
  let redis: RedisContainer
  let replicas: Replicas
  let as: oauth.AuthorizationServer
  let client: oauth.Client
  beforeAll(async () => {
    redis = await startRedis()
    replicas = await startReplicas(urlOf(redis))
    const issuer = new URL(replicas.publicUrl)
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }))
    client = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        {
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
        } as Partial<oauth.Client>,
        insecure,
      ),
    )
  })
  afterAll(async () => {
    await replicas?.close()
    await redis?.stop()
  })

  const person = createPerson({ password: PASSWORD })
  const resource = () => `${replicas.publicUrl}/echo/mcp`
  /** From now on everything goes to this one. */
  const at = ({ url }: Replica) => replicas.balancer.use([url])

  async function requestOf(verifier: string): Promise<Record<string, string>> {
    return {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      resource: resource(),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
  }
  async function newCode(): Promise<{ readonly answer: URLSearchParams; readonly verifier: string }> {
    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(`${as.authorization_endpoint}?${new URLSearchParams(await requestOf(verifier))}`)
    const landed = await person.authorize(url, REDIRECT_URI)
    return { answer: oauth.validateAuthResponse(as, client, landed, oauth.expectNoState), verifier }
  }

  /** One call that the first replica judges, and the same one again for the other. */
  async function callAndReplay(DPoP: oauth.DPoPHandle, token: string) {
    let sent = new Headers()
    const ask = ({ internalUrl }: Replica) => fetch(`${internalUrl}/verify`, { headers: sent })
    const caught = async (_url: string, options: oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>) => {
      sent = new Headers(options.headers)
      sent.set('x-forwarded-uri', '/echo/mcp')
      sent.set('x-forwarded-method', 'POST')
      return ask(replicas.first)
    }
    const call = () =>
      oauth.protectedResourceRequest(token, 'POST', new URL(resource()), new Headers(), null, {
        ...insecure,
        DPoP,
        [oauth.customFetch]: caught,
      })
    const { status } = await call().catch((error: unknown) => {
      if (!oauth.isDPoPNonceError(error)) throw error
      return call()
    })
    return { first: status, replay: (await ask(replicas.second)).status }
  }

  it('a request that is pushed at the one is good at the other, once', async () => {
    const verifier = oauth.generateRandomCodeVerifier()
    at(replicas.first)
    const response = await oauth.pushedAuthorizationRequest(as, client, oauth.None(), await requestOf(verifier), insecure)
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response)
    at(replicas.second)
    const query = new URLSearchParams({ client_id: client.client_id, request_uri })
    const answer = oauth.validateAuthResponse(
      as,
      client,
      await person.authorize(new URL(`${as.authorization_endpoint}?${query}`), REDIRECT_URI),
      oauth.expectNoState,
    )
    at(replicas.first)
    const redeemed = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, REDIRECT_URI, verifier, insecure)
    expect(await oauth.processAuthorizationCodeResponse(as, client, redeemed)).toMatchObject({ scope: 'mcp' })
    const again = await fetch(`${as.authorization_endpoint}?${query}`, { headers: { accept: 'application/json' } })
    expect(await again.json()).toMatchObject({ error: 'invalid_request_uri' })
  })

  it('a device that is started at the one is approved at the other, and one of fifty askers gets its tokens', async () => {
    let single = 0
    for (let round = 0; round < DEVICES; round++) {
      at(replicas.first)
      const started = await oauth.processDeviceAuthorizationResponse(
        as,
        client,
        await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { resource: resource() }, insecure),
      )
      const fields = { grant_type: DEVICE_CODE, client_id: client.client_id, device_code: started.device_code }
      at(replicas.second)
      const user = createPerson({ password: PASSWORD })
      const question = await approveDevice(round === 0 ? user : person, started.verification_uri_complete ?? '')
      expect(question).toBe(200)
      const answers = await fifty(replicas, (replica): Promise<Answer> => post(`${replica.url}/token`, fields))
      const won = answers.filter(({ status }) => status === 200).length
      const strange = answers.filter(
        ({ status, body }) => status !== 200 && !['slow_down', 'invalid_grant'].includes(String(body.error)),
      )
      single += won === 1 && strange.length === 0 ? 1 : 0
    }
    figure('device race, 50 callers: rounds with one winner', single, DEVICES)
    expect(single).toBe(DEVICES)
  })

  it('a nonce of the one is good at the other, and a proof that one has seen is refused at the other', async () => {
    let refused = 0
    for (let round = 0; round < PROOFS; round++) {
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
      at(replicas.first)
      const { answer, verifier } = await newCode()
      const redeem = async (options = {}) =>
        oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, REDIRECT_URI, verifier, {
          ...insecure,
          DPoP,
          ...options,
        })
      const asked = await redeem()
      await expect(oauth.processAuthorizationCodeResponse(as, client, asked)).rejects.toSatisfy(oauth.isDPoPNonceError)
      at(replicas.second)
      // Caught on its way, to be sent twice.
      let proof = ''
      const caught = async (url: string, options: oauth.CustomFetchOptions<'POST', URLSearchParams>) => {
        proof = new Headers(options.headers).get('dpop') ?? ''
        return fetch(url, { method: 'POST', headers: options.headers, body: options.body })
      }
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, await redeem({ [oauth.customFetch]: caught }))
      expect(tokens.token_type).toBe('dpop')
      const fields = { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: tokens.refresh_token }
      const replay = await post(`${replicas.first.url}/token`, fields, { DPoP: proof })
      const call = await callAndReplay(DPoP, tokens.access_token)
      expect(call.first).toBe(200)
      refused += replay.body.error === 'invalid_dpop_proof' && call.replay === 401 ? 1 : 0
    }
    figure('DPoP proofs that one replica had seen, refused at the other, at /token and at /verify', refused, PROOFS)
    expect(refused).toBe(PROOFS)
  })
})

async function approveDevice(person: ReturnType<typeof createPerson>, link: string): Promise<number> {
  let arrival = await person.open(link)
  if (arrival.kind === 'page' && arrival.visit.url.pathname === '/sign-in') {
    const form = arrival.visit.page.forms.find(({ fields }) => fields.some(({ name }) => name === 'password'))
    arrival = await person.press(arrival.visit, form?.buttons[0] ?? { name: undefined, value: '' }, { password: PASSWORD })
  }
  if (arrival.kind !== 'page') throw new Error('left the gateway')
  const done = await person.press(arrival.visit, { name: 'decision', value: 'approve' })
  return done.kind === 'page' ? done.visit.status : 0
}
