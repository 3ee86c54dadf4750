import type { RequestListener } from 'node:http'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type DocumentServer, startDocumentServer } from '../../services/auth/src/testing/document-server.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const LOOPBACK_URI = 'http://127.0.0.1:53123/callback'

const certificate = makeCertificate()
const distrust = trustCertificate(certificate)
const server: DocumentServer = await startDocumentServer(certificate)
const gateway: Gateway = await startGateway({ CIMD_ALLOWED_PRIVATE_HOSTS: `localhost:${server.port}`, ACCESS_TOKEN_TTL: '60' })
afterAll(async () => {
  await gateway.close()
  await server.close()
  distrust()
})

let count = 0
let clientId = ''
let document: Record<string, unknown> = {}
beforeEach(async () => {
  await server.start()
  clientId = `${server.url}/clients/${count++}.json`
  document = {
    client_id: clientId,
    client_name: 'Document client',
    logo_uri: `${server.url}/logo.png`,
    redirect_uris: ['http://127.0.0.1/callback', 'https://app.example/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  server.answer(serve(() => document))
})

const serve =
  (json: () => unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' }).end(JSON.stringify(json()))

const change = (members: object) => {
  document = { ...document, ...members }
}

/** A client whose id is the URL of its document. */
async function documentClient(redirectUri = LOOPBACK_URI): Promise<OAuthClient> {
  const client = new OAuthClient(gateway.server(), { redirectUri })
  await client.discover()
  client.adopt({ client_id: clientId, token_endpoint_auth_method: 'none', redirect_uris: [redirectUri] })
  return client
}
const person = () => createPerson({ password: PASSWORD, now: gateway.clock.now })

/** What a person sees where a client sends them. */
async function pageOf(client: OAuthClient, changes: Record<string, string | undefined> = {}) {
  const { url } = client.prepareAuthorization(changes)
  const response = await send(url, { headers: { accept: 'text/html' } })
  return { status: response.status, text: response.text, location: response.headers.location }
}

describe('a client whose id is the URL of its document', () => {
  it('gets in without registration, and the page says who vouches and where it leads (CIM-01, CIM-15, CON-01)', async () => {
    const who = person()
    const client = await documentClient()
    expect(client.discovery.server).toMatchObject({ client_id_metadata_document_supported: true })
    await client.signIn(who)
    expect(await client.knock()).toBe('open')
    const consent = who.visits.find(({ page }) =>
      page.forms.some(({ buttons }) => buttons.some(({ value }) => value === 'approve')),
    )
    expect(consent?.page.text).toContain('Document client')
    expect(consent?.page.text).toContain(`by localhost:${server.port}`)
    expect(consent?.page.text).toContain('Any program here could be listening at 127.0.0.1:53123')
    expect(server.requests.map(({ url }) => url)).not.toContain('/logo.png')
  })

  it('shows no logo, and no page asks any other site for anything (CIM-13)', async () => {
    const who = person()
    const before = server.requests.length
    await (await documentClient()).signIn(who)
    expect(who.visits.length).toBeGreaterThan(1)
    for (const { html, headers } of who.visits) {
      expect(html).not.toContain('logo.png')
      expect(html).not.toMatch(
        /<(?:img|script|link|iframe|object|embed|source|video|audio)[^>]+(?:src|href|data)="(?:https?:)?\/\//,
      )
      expect(headers['content-security-policy']).toContain("default-src 'none'")
    }
    expect(server.requests.slice(before).map(({ url }) => url)).toEqual([new URL(clientId).pathname])
  })

  it('refreshes for as long as it is used, also while its host is down', async () => {
    const client = await documentClient()
    await client.signIn(person())
    await server.stop()
    for (let day = 0; day < 6; day++) {
      gateway.clock.advance(86_400)
      await client.refreshTokens()
    }
    expect(await client.knock()).toBe('open')
    await server.start()
    gateway.clock.advance(86_400)
    await client.refreshTokens()
    await server.stop()
    gateway.clock.advance(6 * 86_400)
    await client.refreshTokens()
  })

  it('is told to wait, and to throw nothing away, when nobody knows its document any more', async () => {
    const client = await documentClient()
    await client.signIn(person())
    await server.stop()
    gateway.clock.advance(8 * 86_400)
    const answer = await client.refresh()
    expect([answer.status, answer.json().error]).toEqual([503, 'temporarily_unavailable'])
    expect(answer.headers['retry-after']).toBe('10')
    await server.start()
    await client.refreshTokens()
  })

  it('is refused when its document is gone: a page for the person, 401 for the program (CIM-09)', async () => {
    const client = await documentClient()
    await client.signIn(person())
    gateway.clock.advance(61)
    server.answer((_request, response) => response.writeHead(404).end())
    expect(await pageOf(client)).toMatchObject({ status: 400, location: undefined })
    const answer = await client.refresh()
    expect([answer.status, answer.json().error]).toEqual([401, 'invalid_client'])
    server.answer(serve(() => document))
    await client.refreshTokens()
  })

  it('leads nobody to a redirect URI that its document lost, when its time is over (CIM-10)', async () => {
    const client = await documentClient('https://app.example/callback')
    expect((await pageOf(client)).status).toBe(200)
    document = { ...document, redirect_uris: ['http://127.0.0.1/callback'] }
    expect((await pageOf(client)).status).toBe(200)
    gateway.clock.advance(61)
    expect(await pageOf(client)).toMatchObject({ status: 400, location: undefined })
  })

  it.each<[string, () => void]>([
    ['names another id (CIM-03)', () => change({ client_id: `${clientId}/` })],
    ['has a secret (CIM-12)', () => change({ client_secret: 'x' })],
    ['wants a shared secret (CIM-12)', () => change({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['has a private key (CIM-12)', () => change({ jwks: { keys: [{ kty: 'EC', d: 'd' }] } })],
    ['is a redirect (CIM-06)', () => server.answer((_request, response) => response.writeHead(302, { location: '/x' }).end())],
    ['is too large (CIM-07)', () => change({ x: 'x'.repeat(6000) })],
    ['is broken (CIM-09)', () => server.answer((_request, response) => response.writeHead(500).end())],
    [
      'is a page (CIM-09)',
      () => server.answer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')),
    ],
  ])('whose document %s ends on a page, and may try again at once', async (_what, breakIt) => {
    const good = document
    breakIt()
    const client = await documentClient()
    expect(await pageOf(client)).toMatchObject({ status: 400, location: undefined })
    const asked = await send(client.prepareAuthorization().url, { headers: { accept: 'application/json' } })
    expect(asked.json().error).toBe('invalid_client')
    document = good
    server.answer(serve(() => document))
    expect((await pageOf(client)).status).toBe(200)
  })

  it('may deny itself: a person who says no is not asked to trust the document (CON-06)', async () => {
    const client = await documentClient()
    const attempt = client.prepareAuthorization()
    const answer = await createPerson({ password: PASSWORD, decision: 'deny', now: gateway.clock.now }).authorize(attempt.url)
    expect(answer.searchParams.get('error')).toBe('access_denied')
  })
})

describe('a gateway that trusts some hosts only', () => {
  it('takes no client from another, and fetches nothing to find out (CIM-14)', async () => {
    const strict = await startGateway({ CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost', CIMD_TRUSTED_HOSTS: 'claude.ai' })
    const before = server.connections
    const client = new OAuthClient(strict.server())
    await client.discover()
    for (const url of [clientId, 'https://claude.ai.evil/x', 'https://evil/claude.ai']) {
      client.adopt({ client_id: url, token_endpoint_auth_method: 'none', redirect_uris: [] })
      expect(await pageOf(client)).toMatchObject({ status: 400, location: undefined })
    }
    expect(server.connections).toBe(before)
    await strict.close()
  })

  it('does not advertise documents when it takes none', async () => {
    const off = await startGateway({ CIMD_TRUSTED_HOSTS: 'none' })
    const client = new OAuthClient(off.server())
    expect((await client.discover()).server).not.toHaveProperty('client_id_metadata_document_supported')
    await off.close()
  })
})

describe('a document whose host has a certificate that nobody vouches for', () => {
  it('is not believed', async () => {
    const impostor = await startDocumentServer(makeCertificate())
    const own = await startGateway({ CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost' })
    impostor.answer({ ...document, client_id: `${impostor.url}/c` })
    const client = new OAuthClient(own.server(), { redirectUri: LOOPBACK_URI })
    await client.discover()
    client.adopt({ client_id: `${impostor.url}/c`, token_endpoint_auth_method: 'none', redirect_uris: [LOOPBACK_URI] })
    expect((await pageOf(client)).status).toBe(400)
    expect(impostor.requests).toEqual([])
    await own.close()
    await impostor.close()
  })
})
