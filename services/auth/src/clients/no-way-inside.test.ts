import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFetchJson } from '../fetch/fetch-json.ts'
import { createKeySets } from '../fetch/key-sets.ts'
import type { ResolveHost } from '../fetch/resolve-host.ts'
import { addressSpellings } from '../testing/address-spellings.ts'
import { createTestContext } from '../testing/test-context.ts'

/** Takes every connection to any address of this machine, and counts it. */
let sink: Server
let connections = 0
const portOf = () => (sink.address() as AddressInfo).port
beforeAll(async () => {
  sink = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((done) => sink.on('error', () => sink.listen(0, '0.0.0.0')).listen(0, '::', done))
})
afterAll(() => new Promise((done) => sink.close(done)))

const PUBLIC = { address: '93.184.215.14', family: 4 } as const
const LOOPBACK = { address: '127.0.0.1', family: 4 } as const

/** Both things that are fetched from an address that a stranger chose; the third, a logo, never is. */
async function fetchers(resolvePublicName: ResolveHost) {
  const { clients } = await createTestContext({ fetching: { resolvePublicName } })
  const keySets = createKeySets({
    fetchJson: createFetchJson({ allowedPrivateHosts: [], resolvePublicName }),
    clock: Date.now,
  })
  return {
    document: (url: string) => clients.find(url),
    jwks_uri: (url: string) => keySets.of({ jwksUri: url })({ alg: 'ES256' }, { payload: '', signature: '' }),
  }
}

describe.each(['document', 'jwks_uri'] as const)('the address of a %s', (kind) => {
  it('leads to no private address, however it is spelled (T8, CIM-13)', async () => {
    const all = await fetchers(async () => [LOOPBACK])
    const spellings = addressSpellings(portOf())
    expect(spellings.length).toBeGreaterThanOrEqual(300)
    for (const spelling of spellings) {
      const found = await Promise.resolve(all[kind](spelling)).catch(() => undefined)
      expect(found, spelling).toBeUndefined()
    }
    expect(connections).toBe(0)
  })

  it.each([
    ['a private address', [LOOPBACK]],
    ['a private address beside a public one', [PUBLIC, LOOPBACK]],
    ['a private address before a public one', [LOOPBACK, PUBLIC]],
    ['an IPv4-mapped address', [{ address: '::ffff:127.0.0.1', family: 6 as const }]],
    ['a translated address', [{ address: '64:ff9b::7f00:1', family: 6 as const }]],
    ['the loopback of IPv6', [{ address: '::1', family: 6 as const }]],
    ['an address of the cloud’s own', [{ address: '169.254.169.254', family: 4 as const }]],
    ['no address', []],
    ['what is no address', [{ address: 'localhost', family: 4 as const }]],
  ])('leads nowhere when its name has %s', async (_what, answer) => {
    const all = await fetchers(async () => answer)
    await expect(all[kind](`https://rebound.test:${portOf()}/c`)).rejects.toThrow()
    expect(connections).toBe(0)
  })

  it('is resolved once: what the name servers say later leads nowhere', async () => {
    let asked = 0
    const all = await fetchers(async () => (asked++ === 0 ? [{ address: '192.0.2.1', family: 4 }] : [LOOPBACK]))
    await expect(all[kind](`https://rebound.test:${portOf()}/c`)).rejects.toThrow()
    await expect(all[kind](`https://rebound.test:${portOf()}/c`)).rejects.toThrow()
    expect([asked, connections]).toEqual([2, 0])
  })
})

it('would be seen if it led inside', async () => {
  const resolvePrivateName: ResolveHost = async () => [LOOPBACK]
  const { clients } = await createTestContext({
    environment: { CIMD_ALLOWED_PRIVATE_HOSTS: 'inside.test' },
    fetching: { resolvePrivateName },
  })
  await expect(clients.find(`https://inside.test:${portOf()}/c`)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
  expect(connections).toBe(1)
})
