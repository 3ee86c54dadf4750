import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DocumentServer, startDocumentServer } from '../testing/document-server.ts'
import { FetchFault } from './fetch-fault.ts'
import { createFetchJson } from './fetch-json.ts'
import { isPublicAddress } from './public-address.ts'
import { watchSocket } from './request-json.ts'
import type { ResolveHost } from './resolve-host.ts'

/** Short enough to wait for, where waiting is what is tested; elsewhere the limit is the real one. */
const TIMEOUT_MS = 300

let server: DocumentServer
beforeAll(async () => {
  server = await startDocumentServer()
})
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

const fetchJson = createFetchJson({ allowedPrivateHosts: ['localhost'] })
const impatient = createFetchJson({ allowedPrivateHosts: ['localhost'], timeoutMs: TIMEOUT_MS })
const here = () => `${server.url}/client.json`
const faultOf = (fetching: Promise<unknown>) =>
  fetching.then(
    () => 'nothing',
    (error: unknown) => (error instanceof FetchFault ? `${error.reason}${error.isUnavailable ? ' for now' : ''}` : error),
  )
const send =
  (status: number, headers: Record<string, string>, body: string | Buffer = ''): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)
const JSON_TYPE = { 'content-type': 'application/json' }

describe('a document', () => {
  it('comes with what its server says about its age', async () => {
    server.answer(
      send(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'max-age=60', age: '7' }, '{"a":"ü"}'),
    )
    expect(await fetchJson(here())).toEqual({ json: { a: 'ü' }, cacheControl: 'max-age=60', age: '7' })
    const { headers } = server.requests.at(-1) ?? { headers: {} }
    expect(headers).toEqual({
      host: `localhost:${server.port}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'Gatehouse',
      connection: 'close',
    })
  })

  it.each(['application/json', 'application/client-id-metadata+json', 'application/jwk-set+json; charset=utf-8'])(
    'may be %s',
    async (type) => {
      server.answer(send(200, { 'content-type': type }, '[]'))
      expect((await fetchJson(here())).json).toEqual([])
    },
  )

  it.each<[string, string, RequestListener]>([
    ['moved (CIM-06)', 'redirect', send(301, { location: '/other' })],
    ['moved for now (CIM-06)', 'redirect', send(302, { location: 'http://127.0.0.1/' })],
    ['moved, by 307 (CIM-06)', 'redirect', send(307, { location: '/other' }, '{}')],
    ['gone', 'gone', send(404, JSON_TYPE, '{}')],
    ['gone for good', 'gone', send(410, JSON_TYPE, '{}')],
    ['behind a robot wall', 'status for now', send(403, { 'content-type': 'text/html' }, '<html>')],
    ['asked for too often', 'status for now', send(429, JSON_TYPE, '{}')],
    ['of a server that is broken (CIM-09)', 'status for now', send(500, JSON_TYPE, '{}')],
    ['of a server behind a dead proxy', 'status for now', send(502, JSON_TYPE, '{}')],
    ['empty (CIM-09)', 'status', send(204, JSON_TYPE)],
    ['made anew', 'status', send(201, JSON_TYPE, '{}')],
    ['a page (CIM-09)', 'media_type', send(200, { 'content-type': 'text/html' }, '{}')],
    ['of no type', 'media_type', send(200, {}, '{}')],
    ['of a type that only looks so', 'media_type', send(200, { 'content-type': 'application/jsonp' }, '{}')],
    ['no JSON (CIM-09)', 'not_json', send(200, JSON_TYPE, '{"a":')],
    ['no UTF-8', 'not_json', send(200, JSON_TYPE, Buffer.from([0x22, 0xff, 0x22]))],
    ['compressed (CIM-07)', 'encoded', send(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync('{}'))],
    ['a bomb (CIM-07)', 'encoded', send(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(1e6)))],
    [
      'too large, and says so (CIM-07)',
      'too_large',
      send(200, { ...JSON_TYPE, 'content-length': '5121' }, `"${'a'.repeat(5119)}"`),
    ],
    [
      'cut off',
      'unreachable for now',
      (_request, response) =>
        void response.writeHead(200, { ...JSON_TYPE, 'content-length': '9' }).end('{}', () => response.destroy()),
    ],
    ['hung up on', 'unreachable for now', (request) => request.socket.destroy()],
    ['behind too many headers', 'unreachable for now', send(200, { ...JSON_TYPE, x: 'x'.repeat(17_000) }, '{}')],
  ])('that is %s is refused as %s', async (_what, reason, listener) => {
    server.answer(listener)
    const before = server.requests.length
    expect(await faultOf(fetchJson(here()))).toBe(reason)
    expect(server.requests.length).toBe(before + 1)
  })

  it('that never ends is cut off at 5 KB, whatever it says before (CIM-07)', async () => {
    let written = 0
    let hungUp = () => {}
    const closed = new Promise<void>((done) => {
      hungUp = done
    })
    server.answer((_request, response) => {
      response.on('close', () => hungUp())
      response.writeHead(200, JSON_TYPE)
      const more = () => {
        for (let index = 0; index < 1000 && !response.destroyed; index++) {
          written += 1024
          if (!response.write('a'.repeat(1024))) break
        }
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    expect(await faultOf(fetchJson(here()))).toBe('too_large')
    await closed
    expect(written).toBeLessThan(10e6)
  })

  it('that is endless or a bomb leaves memory as it was, a hundred times over (CIM-07)', async () => {
    const bomb = gzipSync(Buffer.alloc(50e6))
    const endless: RequestListener = (_request, response) => {
      response.writeHead(200, JSON_TYPE)
      const chunk = Buffer.alloc(16_384, 'a')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    }
    const before = process.memoryUsage().rss
    for (let round = 0; round < 100; round++) {
      const compressed = send(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, bomb)
      server.answer(round % 2 === 0 ? endless : compressed)
      expect(await faultOf(fetchJson(here()))).toBe(round % 2 === 0 ? 'too_large' : 'encoded')
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(48e6)
  })

  it('of exactly 5 KB is taken', async () => {
    server.answer(send(200, JSON_TYPE, `"${'a'.repeat(5118)}"`))
    expect((await fetchJson(here())).json).toHaveLength(5118)
  })

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    [
      'sends its head byte by byte',
      async (request) => {
        for (const byte of 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n') {
          if (request.socket.destroyed) return
          request.socket.write(byte)
          await wait(20)
        }
      },
    ],
    [
      'sends its body byte by byte',
      async (_request, response) => {
        response.writeHead(200, JSON_TYPE)
        for (let index = 0; index < 1000 && !response.destroyed; index++) {
          response.write(' ')
          await wait(20)
        }
      },
    ],
  ])('whose server %s is given up in time, and holds nothing else up (CIM-08)', async (_what, slow) => {
    const other = await startDocumentServer()
    other.answer({ quick: true })
    server.answer(slow)
    const began = performance.now()
    const ended: string[] = []
    const late = faultOf(impatient(here())).finally(() => ended.push('late'))
    expect((await fetchJson(`${other.url}/client.json`)).json).toEqual({ quick: true })
    ended.push('quick')
    expect(await late).toBe('too_slow for now')
    expect(ended).toEqual(['quick', 'late'])
    expect(performance.now() - began).toBeGreaterThanOrEqual(TIMEOUT_MS - 5)
    expect(performance.now() - began).toBeLessThan(3_000)
    await other.close()
  })

  it('is given up when its name servers do not answer', async () => {
    const silent: ResolveHost = () => new Promise(() => {})
    const slowNames = createFetchJson({ allowedPrivateHosts: [], timeoutMs: TIMEOUT_MS, resolvePublicName: silent })
    expect(await faultOf(slowNames('https://slow.test/c'))).toBe('too_slow for now')
  })

  it.each([
    ['nobody has that name', 'ENOTFOUND', 'host_unknown for now'],
    ['the name has no address', 'ENODATA', 'host_unknown for now'],
    ['the name servers are down', 'ESERVFAIL', 'unreachable for now'],
  ])('cannot be had when %s', async (_what, code, reason) => {
    const resolvePublicName: ResolveHost = () => Promise.reject(Object.assign(new Error(code), { code }))
    expect(await faultOf(createFetchJson({ allowedPrivateHosts: [], resolvePublicName })('https://a.test/c'))).toBe(reason)
  })

  it('cannot be had where nobody listens', async () => {
    const gone = await startDocumentServer()
    await gone.close()
    expect(await faultOf(fetchJson(`${gone.url}/c`))).toBe('unreachable for now')
  })

  it('that many ask for at once is fetched once', async () => {
    server.answer(async (_request, response) => {
      await wait(20)
      response.writeHead(200, JSON_TYPE).end('{}')
    })
    const before = server.requests.length
    await Promise.all(Array.from({ length: 50 }, () => fetchJson(here())))
    expect(server.requests.length).toBe(before + 1)
    await fetchJson(here())
    expect(server.requests.length).toBe(before + 2)
  })

  it('is not fetched while too many of its host are under way', async () => {
    server.answer(() => {})
    const before = server.requests.length
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => faultOf(impatient(`${server.url}/${index}`))))
    expect(all.filter((fault) => fault === 'busy for now')).toHaveLength(16)
    expect(server.requests.length - before).toBe(4)
  })

  it('is not fetched while too many are under way in all', async () => {
    let asked = 0
    const silent: ResolveHost = () => {
      asked++
      return new Promise(() => {})
    }
    const slowNames = createFetchJson({ allowedPrivateHosts: [], timeoutMs: TIMEOUT_MS, resolvePublicName: silent })
    await Promise.all(Array.from({ length: 200 }, (_, index) => faultOf(slowNames(`https://tar-pit-${index}.test/c`))))
    expect(asked).toBe(128)
    await faultOf(slowNames('https://next.test/c'))
    expect(asked).toBe(129)
  })

  it('is fetched without the proxies of the environment', async () => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy']) {
      vi.stubEnv(name, 'http://127.0.0.1:9')
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    server.answer({ direct: true })
    expect((await fetchJson(here())).json).toEqual({ direct: true })
  })
})

describe('an address that the operator wrote', () => {
  it('may be private, and plain http to a private address only', async () => {
    const strict = createFetchJson({
      allowedPrivateHosts: [],
      resolvePrivateName: async () => [{ address: '192.88.100.1', family: 4 }],
    })
    const lenient = createFetchJson({ allowedPrivateHosts: [] })
    server.answer({ ours: true })
    expect((await lenient(here(), { trusted: true })).json).toEqual({ ours: true })
    expect(await faultOf(lenient(here()))).toBe('http_not_allowed')
    expect(await faultOf(strict('http://idp.example/keys', { trusted: true }))).toBe('http_not_allowed')
  })

  it('is fetched however many of strangers are under way', async () => {
    const busy = createFetchJson({ allowedPrivateHosts: [], timeoutMs: 1_000, resolvePublicName: () => new Promise(() => {}) })
    const strangers = Array.from({ length: 136 }, (_, index) => faultOf(busy(`https://tar-pit-${index}.test/c`)))
    server.answer({ ours: true })
    expect((await busy(here(), { trusted: true })).json).toEqual({ ours: true })
    expect((await Promise.all(strangers)).filter((fault) => fault === 'busy for now')).toHaveLength(8)
  })

  it('may hold more than 5 KB', async () => {
    server.answer(send(200, JSON_TYPE, `"${'a'.repeat(60_000)}"`))
    expect(await faultOf(fetchJson(here()))).toBe('too_large')
    expect((await fetchJson(here(), { trusted: true })).json).toHaveLength(60_000)
  })
})

describe('a private host that the operator allows', () => {
  it.each([
    ['by name', 'localhost', 'nothing'],
    ['by name and port', 'localhost:PORT', 'nothing'],
    ['with another port', 'localhost:1', 'http_not_allowed'],
    ['as another name', 'localhost.evil.test', 'http_not_allowed'],
    ['as a name within', 'host', 'http_not_allowed'],
  ])('is meant exactly: %s', async (_what, allowed, fault) => {
    server.answer({})
    const own = createFetchJson({ allowedPrivateHosts: [allowed.replace('PORT', String(server.port))] })
    expect(await faultOf(own(here()))).toBe(fault)
  })
})

describe('a connection to an address that nobody resolved', () => {
  it('ends before anything is sent', async () => {
    const faults: FetchFault[] = []
    const socket = connect(server.port, 'localhost')
    watchSocket(socket, isPublicAddress, (fault) => {
      faults.push(fault)
      socket.destroy()
    })
    await new Promise((done) => socket.on('close', done))
    expect(faults.map(({ reason }) => reason)).toEqual(['address_not_public'])
    expect(socket.bytesWritten).toBe(0)
  })
})
