import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createTrustedProxies } from './trusted-proxies.ts'

describe('trusted proxies', () => {
  it.each<[string, string, boolean]>([
    ['loopback', '127.0.0.1', true],
    ['loopback', '127.8.9.1', true],
    ['loopback', '::1', true],
    ['loopback', '::ffff:127.0.0.1', true],
    ['loopback', '128.0.0.1', false],
    ['loopback', '10.0.0.1', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['loopback', 'localhost', false],
    ['loopback', '', false],
  ])('%s and %s: %s', (entry, address, trusted) => {
    const proxies = createTrustedProxies([entry])
    for (let time = 0; time < 2; time++) expect(proxies.trusts(address)).toBe(trusted)
    expect(proxies.trusts(undefined)).toBe(false)
  })

  it('are nobody when the list is empty', () => {
    expect(createTrustedProxies([]).trusts('127.0.0.1')).toBe(false)
  })

  it('are the neighbours of this machine with local-networks', () => {
    const proxies = createTrustedProxies(['local-networks'])
    for (const address of Object.values(networkInterfaces()).flatMap((each) => each ?? []))
      expect(proxies.trusts(address.address)).toBe(true)
    expect(proxies.trusts('240.0.0.1')).toBe(false)
  })

  it.each(['10.0.0.0/33', '10.0.0/8', 'everybody', '::1/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '1.2.3.4.5'])(
    'are refused at start when an entry is %s',
    (entry) => {
      expect(() => createTrustedProxies([entry])).toThrow(/TRUSTED_PROXIES: ".+" is not an address/)
    },
  )
})
