import { describe, expect, it } from 'vitest'
import { neighbourhood } from './network.ts'

describe('the neighbourhood of an address', () => {
  it.each([
    ['203.0.113.5', '203.0.113.0/24'],
    ['::ffff:203.0.113.5', '203.0.113.0/24'],
    ['2001:db8:1:a::1', '2001:db8:1::/48'],
    ['2001:DB8:0001:a::1', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['2001::1:2:3:4:5', '2001:0:0::/48'],
    ['::1', '0:0:0::/48'],
    ['::', '0:0:0::/48'],
    ['1:2:3:4:5:6:7:8', '1:2:3::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['nonsense', 'unknown'],
    ['', 'unknown'],
  ])('%s is %s', (address, network) => {
    expect(neighbourhood(address)).toBe(network)
  })
})
