import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { type Stack, startStack } from './stack.ts'

const INSECURE = { [oauth.allowInsecureRequests]: true } as const
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const TOOL_CALL = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'headers', arguments: {} } }

describeWithDocker('a client with a key of its own, through Traefik', () => {
  let stack: Stack
  let client: oauth.Client
  let DPoP: oauth.DPoPHandle
  let token: string
  beforeAll(async () => {
    stack = await startStack({ overlays: ['tests/stack/edge/compose.yaml'], path: '/gate' })
    const flow = new OAuthClient(stack.server('echo'))
    const as = (await flow.discover()).server as unknown as oauth.AuthorizationServer
    client = { client_id: (await flow.register()).client_id }
    DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const attempt = flow.prepareAuthorization()
    const landed = await createPerson({ password: stack.password }).authorize(attempt.url, attempt.redirectUri)
    const params = oauth.validateAuthResponse(as, client, landed, attempt.state)
    token = await withNonce(async () => {
      const redeem = oauth.authorizationCodeGrantRequest
      const response = await redeem(as, client, oauth.None(), params, flow.redirectUri, attempt.verifier, { DPoP, ...INSECURE })
      return (await oauth.processAuthorizationCodeResponse(as, client, response)).access_token
    })
  })
  afterAll(() => stack?.remove())

  async function withNonce<Result>(attempt: () => Promise<Result>): Promise<Result> {
    try {
      return await attempt()
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error
      return attempt()
    }
  }
  /** @param customFetch - to see the proof before it is sent, or in place of sending it */
  const call = (customFetch: (url: string, init: RequestInit) => Promise<Response> = fetch, by = DPoP) => {
    const url = new URL(stack.server('echo'))
    const options = { DPoP: by, ...INSECURE, [oauth.customFetch]: (to: string, init: object) => customFetch(to, init) }
    return oauth.protectedResourceRequest(token, 'POST', url, new Headers(HEADERS), JSON.stringify(TOOL_CALL), options)
  }

  it('reaches its server, which sees neither the token nor the proof (VER-17)', async () => {
    for (let time = 0; time < 2; time++) {
      const response = await withNonce(() => call())
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(text).toContain('x-auth-assertion')
      expect(text).not.toContain(token)
      expect(text).not.toMatch(/dpop|"authorization"/i)
    }
  })

  it('is refused with the same proof again, and with none', async () => {
    let proven: RequestInit = {}
    await withNonce(() =>
      call((url, init) => {
        proven = init
        return fetch(url, init)
      }),
    )
    const again = await fetch(stack.server('echo'), proven)
    expect(again.status).toBe(401)
    expect(again.headers.get('www-authenticate')).toMatch(/^DPoP algs="[^"]+", error="invalid_dpop_proof"/)
    const { dpop: _dpop, ...without } = proven.headers as Record<string, string>
    expect((await fetch(stack.server('echo'), { ...proven, headers: without })).status).toBe(401)
    const asBearer = { ...without, authorization: `Bearer ${token}` }
    expect((await fetch(stack.server('echo'), { ...proven, headers: asBearer })).status).toBe(401)
  })

  it('is told the nonce to use, and a page in a browser can read it', async () => {
    const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    let refusal = new Response()
    await call(async (url, init) => {
      refusal = await fetch(url, { ...init, headers: { ...(init.headers as object), origin: 'https://app.example' } })
      return refusal
    }, other).catch(() => {})
    expect(refusal.status).toBe(401)
    expect(refusal.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
    expect(refusal.headers.get('dpop-nonce')).toMatch(/^\S+$/)
    expect(refusal.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
  })
})
