import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OAuthError } from '../oauth/error.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { type DocumentServer, startDocumentServer } from '../testing/document-server.ts'
import { createTestContext, type TestContext, type TestContextOptions } from '../testing/test-context.ts'

const CLAUDE_CODE = 'https://claude.ai/oauth/claude-code-client-metadata'

let server: DocumentServer
beforeAll(async () => {
  server = await startDocumentServer()
})
afterAll(() => server.close())

let context: TestContext
let seen = 0
const open = (options: TestContextOptions = {}) =>
  createTestContext({
    ...options,
    environment: { CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost', ...options.environment },
  })
beforeEach(async () => {
  await server.stop()
  await server.start()
  context = await open()
  seen = server.requests.length
  server.answer(serve(document()))
})
const requests = () => server.requests.length - seen

const id = () => `${server.url}/client.json`
const document = (members: object = {}) => ({
  client_id: id(),
  client_name: 'App',
  redirect_uris: ['https://app.test/callback'],
  ...members,
})
const serve =
  (json: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json))
const fail =
  (status: number): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end()

const find = (clientId = id(), at = context) => at.clients.find(clientId)
const refusalOf = (clientId = id(), at = context) =>
  find(clientId, at).then(
    () => undefined,
    (error: OAuthError) => ({ code: error.code, reason: error.reason, status: error.status }),
  )
const used = async (at = context) => {
  await find(id(), at)
  await at.clients.keep(id())
}

describe('a client id that is a URL', () => {
  it('is the client that the document there describes', async () => {
    expect(await find()).toMatchObject({ clientId: id(), source: 'metadata', clientName: 'App' })
  })

  it.each([
    ['https://app.test', 'client_id_url_malformed'],
    ['https://app.test/', 'client_id_url_malformed'],
    ['https://app.test/../c', 'client_id_url_malformed'],
    ['https://app.test/c#', 'client_id_url_malformed'],
    ['https://app.test\\c', 'client_id_url_malformed'],
    ['HTTPS://app.test/c', 'client_id_url_malformed'],
    ['http://app.test/c', 'client_document_http_not_allowed'],
    ['https://app.test/c', 'client_document_host_unknown'],
    ['https://93.184.215.14/c', 'client_document_address_not_public'],
  ])('is refused when it is %s', async (clientId, reason) => {
    expect(await refusalOf(clientId)).toEqual({ code: 'invalid_client', reason, status: 401 })
  })

  it('is refused before anything is fetched when its host is not on the list (CIM-14)', async () => {
    const names: string[] = []
    const resolvePublicName = async (host: string) => {
      names.push(host)
      return []
    }
    const strict = await open({ environment: { CIMD_TRUSTED_HOSTS: 'claude.ai' }, fetching: { resolvePublicName } })
    for (const clientId of ['https://claude.ai.evil/x', 'https://evil/claude.ai', 'https://www.claude.ai/x', id()]) {
      expect(await refusalOf(clientId, strict)).toMatchObject({ code: 'invalid_client', reason: 'client_host_untrusted' })
    }
    expect([names, requests()]).toEqual([[], 0])
    await find(CLAUDE_CODE, strict).catch(() => {})
    expect(names).toEqual(['claude.ai'])
  })

  it('is refused when documents are off', async () => {
    const off = await open({ environment: { CIMD_TRUSTED_HOSTS: 'none' } })
    expect(await refusalOf(id(), off)).toMatchObject({ code: 'invalid_client', reason: 'client_host_untrusted' })
    expect(requests()).toBe(0)
  })
})

describe('a document', () => {
  it.each([
    [undefined, 600],
    ['max-age=0', 60],
    ['no-store', 60],
    ['no-cache, max-age=600', 60],
    ['public, max-age=120', 120],
    ['max-age="300"', 300],
    ['MAX-AGE=300', 300],
    ['max-age=31536000', 3600],
    ['max-age=soon', 600],
    ['s-maxage=120', 600],
  ])('with Cache-Control %s is used for %i seconds (CIM-10)', async (cacheControl, lifetime) => {
    server.answer(serve(document(), cacheControl === undefined ? {} : { 'cache-control': cacheControl }))
    await find()
    context.advance(lifetime - 1)
    await find()
    expect(requests()).toBe(1)
    context.advance(1)
    await find()
    expect(requests()).toBe(2)
  })

  it('has less of its life left when it comes from a cache', async () => {
    server.answer(serve(document(), { 'cache-control': 'max-age=600', age: '500' }))
    await find()
    context.advance(101)
    await find()
    expect(requests()).toBe(2)
  })

  it('that lost a redirect URI has lost it here when its time is over (CIM-10)', async () => {
    const both = ['https://app.test/callback', 'https://app.test/old']
    server.answer(serve(document({ redirect_uris: both }), { 'cache-control': 'max-age=120' }))
    expect((await find())?.redirectUris).toEqual(both)
    server.answer(serve(document()))
    context.advance(119)
    expect((await find())?.redirectUris).toEqual(both)
    context.advance(1)
    expect((await find())?.redirectUris).toEqual(['https://app.test/callback'])
  })

  it.each<[string, () => RequestListener, string]>([
    ['404', () => fail(404), 'client_document_gone'],
    ['204', () => fail(204), 'client_document_status'],
    ['a redirect', () => (_request, response) => response.writeHead(302, { location: '/' }).end(), 'client_document_redirect'],
    [
      'a page',
      () => (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'client_document_media_type',
    ],
    [
      'half of it',
      () => (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      'client_document_not_json',
    ],
    ['a list', () => serve([]), 'client_document_invalid'],
    ['another client', () => serve(document({ client_id: `${id()}/` })), 'client_document_invalid'],
  ])(
    'that is %s makes no client, is not remembered, and is no copy’s to stand in for (CIM-09)',
    async (_what, answer, reason) => {
      await used()
      context.advance(3600)
      server.answer(answer())
      expect(await refusalOf()).toEqual({ code: 'invalid_client', reason, status: 401 })
      expect(await refusalOf()).toMatchObject({ reason })
      server.answer(serve(document()))
      expect((await find())?.clientName).toBe('App')
      await server.stop()
      context.advance(3600)
      expect((await find())?.clientName).toBe('App')
    },
  )

  it('that was withdrawn does not come back with its host’s next bad day', async () => {
    await used()
    context.advance(3600)
    server.answer(fail(404))
    await refusalOf()
    await server.stop()
    expect(await refusalOf()).toMatchObject({ code: 'temporarily_unavailable', status: 503 })
  })

  it.each<[string, () => Promise<unknown> | unknown]>([
    ['is down', () => server.stop()],
    ['is broken', () => server.answer(fail(500))],
    ['keeps robots out', () => server.answer(fail(403))],
    ['never answers', () => server.answer(() => {})],
  ])(
    'whose host %s, never seen before, is a fault and not a refusal; the next good one works at once (CIM-09)',
    async (_what, breakIt) => {
      context = await open({ fetching: { timeoutMs: 1_000 } })
      await breakIt()
      const error = await find().catch((refusal: OAuthError) => refusal)
      expect(error).toMatchObject({ code: 'temporarily_unavailable', status: 503, headers: { 'retry-after': '10' } })
      await server.start()
      server.answer(serve(document()))
      expect((await find())?.clientName).toBe('App')
    },
  )
})

describe('while the host of a document is down, what it last said', () => {
  it('counts for a week, on every replica, once a person signed in through it', async () => {
    await used()
    await server.stop()
    const replica = await open({ replicaOf: context })
    context.advance(604_799)
    expect((await find(id(), replica))?.clientName).toBe('App')
    expect((await find())?.clientName).toBe('App')
    context.advance(60)
    expect(await refusalOf(id(), replica)).toMatchObject({ code: 'temporarily_unavailable' })
    expect(await refusalOf()).toMatchObject({ code: 'temporarily_unavailable' })
  })

  it('counts from the last time that it was fetched', async () => {
    await used()
    context.advance(500_000)
    await find()
    await server.stop()
    context.advance(500_000)
    expect((await find(id(), await open({ replicaOf: context })))?.clientName).toBe('App')
  })

  it('is written to the store only once somebody used it: strangers’ documents fill no store', async () => {
    await find()
    expect(await context.stores.expiring.find('client-document', id())).toBeUndefined()
    await context.clients.keep(id())
    expect(await context.stores.expiring.find('client-document', id())).toContain('App')
  })

  it('spares the host for a minute, and says in the log whose copy speaks', async () => {
    await used()
    context.advance(3600)
    server.answer(fail(503))
    for (let index = 0; index < 20; index++) await find()
    expect(requests()).toBe(2)
    expect(context.logs()).toContain('"event":"client_document_stale"')
    context.advance(61)
    server.answer(serve(document({ client_name: 'App 2' })))
    expect((await find())?.clientName).toBe('App 2')
  })

  it('is not known while the store is away, and that is the store’s fault', async () => {
    await server.stop()
    context.stores.expiring.find = () => Promise.reject(new StoreUnavailableError('gone'))
    await expect(find()).rejects.toBeInstanceOf(StoreUnavailableError)
    await server.start()
    expect((await find())?.clientName).toBe('App')
  })
})

describe('the document of a well-known client', () => {
  const unreachable = { resolvePublicName: () => Promise.reject(Object.assign(new Error('down'), { code: 'ESERVFAIL' })) }

  it('is known here when its host cannot be reached (rule 22)', async () => {
    const cut = await open({ fetching: unreachable })
    expect(await find(CLAUDE_CODE, cut)).toMatchObject({ clientName: 'Claude Code', tokenEndpointAuthMethod: 'none' })
    expect(cut.logs()).toContain('"copy":"pinned"')
    await cut.clients.keep(CLAUDE_CODE)
    expect(await cut.stores.expiring.find('client-document', CLAUDE_CODE)).toBeUndefined()
  })

  it('is not believed where the operator does not trust its host', async () => {
    const strict = await open({ fetching: unreachable, environment: { CIMD_TRUSTED_HOSTS: 'vscode.dev' } })
    expect(await refusalOf(CLAUDE_CODE, strict)).toMatchObject({ reason: 'client_host_untrusted' })
  })
})
