import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RegisteredClient } from '../oauth/client.ts'
import { sha256 } from '../oauth/secret.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { makeProof, proofSigner } from '../testing/proofs.ts'
import { CHALLENGE, createFlow, type Flow, LOOPBACK_URI, onwardOf } from '../testing/sign-in-flow.ts'
import { form } from '../testing/test-context.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

let flow: Flow
let client: RegisteredClient
let other: RegisteredClient
let secret: RegisteredClient
let strict: RegisteredClient
beforeAll(async () => {
  flow = await createFlow()
  client = await flow.addClient()
  other = await flow.addClient()
  secret = await flow.addClient({ tokenEndpointAuthMethod: 'client_secret_post', secretHash: sha256('s3cret') })
  strict = await flow.addClient({ requirePushedAuthorizationRequests: true })
})
afterAll(() => flow.app.close())

type Changes = Readonly<Record<string, string | undefined>>

const push = (changes: Changes = {}, headers: Readonly<Record<string, string>> = {}, as = client) =>
  flow.app.inject({
    method: 'POST',
    url: '/par',
    headers: { ...FORM, ...headers },
    payload: form({
      response_type: 'code',
      client_id: as.clientId,
      redirect_uri: LOOPBACK_URI,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      state: 'st-1',
      resource: 'https://gate.test/memory/mcp',
      ...changes,
    }),
  })

const pushed = async (changes: Changes = {}, as = client): Promise<string> => {
  const answer = await push(changes, {}, as)
  expect(answer.statusCode).toBe(201)
  return answer.json().request_uri
}

const urlOf = (requestUri: string, changes: Changes = {}): string =>
  `/authorize?${form({ client_id: client.clientId, request_uri: requestUri, ...changes })}`

describe('POST /par', () => {
  it('answers 201 with a request_uri of 256 bits that is good for 90 seconds (RFC 9126 §2.2)', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => push()))
    for (const answer of answers) {
      expect(answer.statusCode).toBe(201)
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
      expect(answer.json()).toEqual({
        request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/),
        expires_in: 90,
      })
    }
    expect(new Set(answers.map((answer) => answer.json().request_uri)).size).toBe(20)
  })

  it.each<[what: string, changes: Changes, status: number, error: string]>([
    ['a foreign resource', { resource: 'https://elsewhere.test/mcp' }, 400, 'invalid_target'],
    ['no code_challenge', { code_challenge: undefined }, 400, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 400, 'invalid_request'],
    ['response_type token', { response_type: 'token' }, 400, 'unsupported_response_type'],
    ['response_mode fragment', { response_mode: 'fragment' }, 400, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 400, 'request_not_supported'],
    ['a request_uri (RFC 9126 §2.1)', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    ['an address as request_uri (AUT-07)', { request_uri: 'https://evil.test/r' }, 400, 'invalid_request'],
    ['a redirect URI that was not registered (AUT-01)', { redirect_uri: 'https://evil.test/cb' }, 400, 'invalid_request'],
    ['prompt=none beside another', { prompt: 'none login' }, 400, 'invalid_request'],
    ['a dpop_jkt that is none', { dpop_jkt: 'short' }, 400, 'invalid_request'],
    ['a state of 13,000 characters', { state: 's'.repeat(13_000) }, 400, 'invalid_request'],
    ['an unknown client', { client_id: 'cli_nobody' }, 401, 'invalid_client'],
    ['no client', { client_id: undefined }, 401, 'invalid_client'],
    ['a secret of a public client', { client_secret: 'x' }, 401, 'invalid_client'],
  ])('refuses %s, where its programmer sees it', async (_what, changes, status, error) => {
    const answer = await push(changes)
    expect([answer.statusCode, answer.json().error]).toEqual([status, error])
    expect(answer.json().error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it.each<[what: string, secret: string | undefined, status: number]>([
    ['its secret', 's3cret', 201],
    ['a wrong one', 'wrong', 401],
    ['none', undefined, 401],
  ])('lets a client with a secret in by %s', async (_what, clientSecret, status) => {
    expect((await push({ client_secret: clientSecret }, {}, secret)).statusCode).toBe(status)
  })

  it.each<[what: string, method: 'GET' | 'POST', url: string, type: string, status: number]>([
    ['GET', 'GET', '/par', FORM['content-type'], 405],
    ['JSON', 'POST', '/par', 'application/json', 415],
    ['parameters in the URL', 'POST', '/par?client_id=x', FORM['content-type'], 400],
  ])('refuses %s', async (_what, method, url, type, status) => {
    const answer = await flow.app.inject({
      method,
      url,
      headers: { 'content-type': type },
      ...(method === 'POST' ? { payload: '{}' } : {}),
    })
    expect(answer.statusCode).toBe(status)
    expect(answer.json().error).toBe('invalid_request')
  })

  it('is 429 for an address that pushes more than a thousand while one lasts, and for no other', async () => {
    const { throttles } = flow.context.stores
    await Promise.all(Array.from({ length: 1000 }, () => throttles.hit('par:203.0.113.9', 90)))
    const from = (remoteAddress: string) =>
      flow.app.inject({
        method: 'POST',
        url: '/par',
        remoteAddress,
        headers: FORM,
        payload: flow.authorizeUrl(client).replace('/authorize?', ''),
      })
    const refused = await from('203.0.113.9')
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '90'])
    expect((await from('203.0.113.10')).statusCode).toBe(201)
    flow.context.advance(90)
    expect((await from('203.0.113.9')).statusCode).toBe(201)
  })

  it('is 503 while the store is away, never a refusal', async () => {
    const { expiring } = flow.context.stores
    const { put } = expiring
    Object.assign(expiring, { put: () => Promise.reject(new StoreUnavailableError('away')) })
    try {
      expect((await push()).statusCode).toBe(503)
    } finally {
      Object.assign(expiring, { put })
    }
  })
})

describe('a request that was pushed', () => {
  it('leads to consent, and its state and redirect URI are those that were pushed', async () => {
    const browser = flow.browser()
    const requestUri = await pushed({ state: 'from the push' })
    const url = urlOf(requestUri, { state: 'from the URL', redirect_uri: 'https://evil.test/cb', scope: 'x', request: 'e30.' })
    const consent = await browser.reachConsent(url)
    expect(consent.page.text).toContain('127.0.0.1:53123')
    const onward = onwardOf(await browser.press(consent, 'approve'))
    expect(`${onward.origin}${onward.pathname}`).toBe(LOOPBACK_URI)
    expect(onward.searchParams.get('state')).toBe('from the push')
    expect(onward.searchParams.get('code')).toMatch(/^cod_/)
  })

  it('may be opened by programs that look ahead and by browsers that reload, until it is answered (rule 23)', async () => {
    const requestUri = await pushed()
    for (let look = 0; look < 3; look++) expect((await flow.browser().get(urlOf(requestUri))).status).toBe(200)
    const browser = flow.browser()
    expect((await browser.reachConsent(urlOf(requestUri))).status).toBe(200)
    const consent = await browser.reachConsent(urlOf(requestUri))
    expect(onwardOf(await browser.press(consent, 'approve')).searchParams.has('code')).toBe(true)
    expect((await browser.get(urlOf(requestUri))).status).toBe(400)
  })

  it('yields one code at most, however many tabs it was opened in (CON-08)', async () => {
    const requestUri = await pushed()
    const browser = flow.browser()
    await browser.reachConsent(urlOf(requestUri))
    const tabs = await Promise.all(Array.from({ length: 10 }, () => browser.reachConsent(urlOf(requestUri))))
    const answers = await Promise.all(tabs.map((tab) => browser.press(tab, 'approve')))
    expect(new Set(answers.map((answer) => onwardOf(answer).searchParams.get('code'))).size).toBe(1)
  })

  it('is over after a deny too (CON-06)', async () => {
    const requestUri = await pushed()
    const browser = flow.browser()
    const consent = await browser.reachConsent(urlOf(requestUri))
    expect(onwardOf(await browser.press(consent, 'deny')).searchParams.get('error')).toBe('access_denied')
    expect((await browser.get(urlOf(requestUri))).status).toBe(400)
  })

  it.each<[what: string, prepare: () => Promise<string>]>([
    ['that nobody pushed', async () => urlOf(`urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`)],
    ['with nothing behind the prefix', async () => urlOf('urn:ietf:params:oauth:request_uri:')],
    ['of another client', async () => urlOf(await pushed({}, other))],
    [
      'that is older than 90 seconds',
      async () => {
        const url = urlOf(await pushed())
        flow.context.advance(90)
        return url
      },
    ],
  ])('%s ends on a page, because no redirect URI can be believed (RFC 9126 §4)', async (_what, prepare) => {
    const url = await prepare()
    const answer = await flow.browser().get(url)
    expect(answer.status).toBe(400)
    expect(answer.location).toBeUndefined()
    expect(answer.page.text).toContain('This link is over')
    const json = await flow.browser().get(url, { accept: 'application/json' })
    expect(JSON.parse(json.text).error).toBe('invalid_request_uri')
  })

  it('is not spent by another client that tries it', async () => {
    const requestUri = await pushed()
    expect((await flow.browser().get(urlOf(requestUri, { client_id: other.clientId }))).status).toBe(400)
    expect((await flow.browser().get(urlOf(requestUri))).status).toBe(200)
  })

  it('needs the client_id beside it', async () => {
    expect((await flow.browser().get(urlOf(await pushed(), { client_id: undefined }))).page.text).toContain('Nobody to connect')
  })

  it('with prompt=none is answered login_required where nobody is signed in (AUT-09)', async () => {
    const answer = await flow.browser().get(urlOf(await pushed({ prompt: 'none' })))
    expect(Object.fromEntries(answer.location?.searchParams ?? [])).toMatchObject({ error: 'login_required', state: 'st-1' })
  })

  it('is kept sealed and by its digest: neither state nor request_uri stands in the store', async () => {
    const { expiring } = flow.context.stores
    const kept: string[] = []
    const { put } = expiring
    const noting: typeof put = (...args) => {
      kept.push(JSON.stringify(args))
      return put(...args)
    }
    Object.assign(expiring, { put: noting })
    const requestUri = await pushed({ state: 'a-state-of-the-client' })
    Object.assign(expiring, { put })
    expect(kept).toHaveLength(1)
    expect(kept[0]).not.toContain('a-state-of-the-client')
    expect(kept[0]).not.toContain(requestUri.split(':').at(-1))
  })
})

describe('a client that always pushes', () => {
  it('has a request of somebody who did not refused (RFC 9126 §4)', async () => {
    const answer = await flow.browser().get(flow.authorizeUrl(strict))
    expect(Object.fromEntries(answer.location?.searchParams ?? [])).toMatchObject({ error: 'invalid_request', state: 'st-1' })
  })

  it('gets in with one that was pushed', async () => {
    const requestUri = await pushed({}, strict)
    expect((await flow.browser().get(urlOf(requestUri, { client_id: strict.clientId }))).status).toBe(200)
  })
})

describe('a push with a DPoP proof (RFC 9449 §10.1)', () => {
  const signer = proofSigner()

  /** Asks for a nonce, as clients do, and pushes with it. */
  async function pushWithProof(changes: Changes = {}, claims: Readonly<Record<string, unknown>> = {}) {
    const proof = (nonce?: string) => ({
      dpop: makeProof(signer, {
        htm: 'POST',
        htu: 'https://gate.test/par',
        iat: Math.floor(flow.context.clock() / 1000),
        ...(nonce === undefined ? {} : { nonce }),
        ...claims,
      }),
    })
    const first = await push(changes, proof())
    if (first.json().error !== 'use_dpop_nonce') return first
    return push(changes, proof(String(first.headers['dpop-nonce'])))
  }

  it('binds the code to its key, as dpop_jkt would', async () => {
    for (const changes of [{}, { dpop_jkt: signer.jkt }]) {
      const answer = await pushWithProof(changes)
      expect(answer.statusCode).toBe(201)
      expect(await keyOf(urlOf(answer.json().request_uri))).toBe(signer.jkt)
    }
  })

  it.each<[what: string, changes: Changes, claims: Readonly<Record<string, unknown>>, error: string]>([
    ['names another key in dpop_jkt', { dpop_jkt: 'k'.repeat(43) }, {}, 'invalid_request'],
    ['was made for another endpoint', {}, { htu: 'https://gate.test/token' }, 'invalid_dpop_proof'],
  ])('that %s is refused', async (_what, changes, claims, error) => {
    const answer = await pushWithProof(changes, claims)
    expect([answer.statusCode, answer.json().error]).toEqual([400, error])
  })

  it('is nothing that a client with bound tokens must send here', async () => {
    const bound = await flow.addClient({ dpopBoundAccessTokens: true })
    expect((await push({}, {}, bound)).statusCode).toBe(201)
  })
})

/** The key that the code of a request is bound to. */
async function keyOf(url: string): Promise<string | undefined> {
  const browser = flow.browser()
  const code = onwardOf(await browser.press(await browser.reachConsent(url), 'approve')).searchParams.get('code') ?? ''
  const found = await flow.context.stores.grants.findCode(`grt_${code.slice(4, 26)}`, sha256(code))
  return found.outcome === 'live' ? found.code.dpopJkt : undefined
}

it('the key that a request names reaches the code, pushed or not (RFC 9449 §10)', async () => {
  const jkt = 'k'.repeat(43)
  for (const url of [urlOf(await pushed({ dpop_jkt: jkt })), flow.authorizeUrl(client, { dpop_jkt: jkt })]) {
    expect(await keyOf(url)).toBe(jkt)
  }
})
