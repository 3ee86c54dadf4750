import { createSocket, type Socket } from 'node:dgram'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askNameServers, resolvePrivateName } from './resolve-host.ts'

/** RFC 1035 §4.1.1, §3.2.2, RFC 3596. */
const [NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME] = [0, 2, 3]
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }

interface Zone {
  readonly A?: readonly number[]
  readonly AAAA?: readonly number[]
  readonly code?: number
  readonly silent?: boolean
}
const ZONES: Readonly<Record<string, Zone>> = {
  'both.test': { A: [93, 184, 215, 14], AAAA: [0x26, 0x06, ...Array<number>(13).fill(0), 1] },
  'four.test': { A: [93, 184, 215, 14] },
  'half.test': { A: [93, 184, 215, 14], code: SERVER_FAILURE },
  'broken.test': { code: SERVER_FAILURE },
  'silent.test': { silent: true },
  'empty.test': {},
}

let server: Socket
const asked: string[] = []
beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    const answer = answerTo(query)
    if (answer) server.send(answer, port, address)
  })
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
})
afterAll(() => new Promise<void>((done) => server.close(done)))

function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const question = query.subarray(12, at + 5)
  const type = TYPES[query.readUInt16BE(at + 1)]
  asked.push(`${type} ${labels.join('.')}`)
  const zone = ZONES[labels.join('.').toLowerCase()]
  if (zone?.silent) return undefined
  const data = type === undefined ? undefined : zone?.[type]
  const code = zone === undefined ? NO_SUCH_NAME : data ? NO_ERROR : (zone.code ?? NO_ERROR)
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(data ? 1 : 0, 6)
  if (!data) return Buffer.concat([header, question])
  const record = Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, data.length, ...data])
  return Buffer.concat([header, question, record])
}

const resolve = (host: string, signal = AbortSignal.timeout(5_000)) =>
  askNameServers(host, signal, [`127.0.0.1:${server.address().port}`])

describe('the name servers are asked', () => {
  it('for every address of a name', async () => {
    expect(await resolve('both.test')).toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606::1', family: 6 },
    ])
    expect(await resolve('four.test')).toEqual([{ address: '93.184.215.14', family: 4 }])
    expect(asked).toEqual(expect.arrayContaining(['A both.test', 'AAAA both.test']))
  })

  it('and half an answer is one', async () => {
    expect(await resolve('half.test')).toEqual([{ address: '93.184.215.14', family: 4 }])
  })

  it.each([
    ['nobody has the name', 'nobody.test', 'ENOTFOUND'],
    ['the name has no address', 'empty.test', 'ENODATA'],
    ['they are broken', 'broken.test', 'ESERVFAIL'],
  ])('and it is told apart when %s', async (_what, host, code) => {
    await expect(resolve(host)).rejects.toMatchObject({ code })
  })

  it('no longer than somebody waits', async () => {
    const began = performance.now()
    await expect(resolve('silent.test', AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'ECANCELLED' })
    expect(performance.now() - began).toBeLessThan(900)
  })

  it('with no search domain added', async () => {
    await resolve('four').catch(() => {})
    expect(asked.filter((question) => /four/.test(question) && !/ four(\.test)?$/.test(question))).toEqual([])
  })
})

describe('this machine is asked', () => {
  it('for names that only it knows', async () => {
    const addresses = await resolvePrivateName('localhost', AbortSignal.timeout(5_000))
    expect(addresses.every(({ address }) => ['127.0.0.1', '::1'].includes(address))).toBe(true)
    expect(addresses.length).toBeGreaterThan(0)
  })
})
