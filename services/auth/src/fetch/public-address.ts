import { BlockList, isIP } from 'node:net'
import { ipv6Groups } from '../oauth/network.ts'

/**
 * Every block of the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and what came after), multicast, and what is
 * reserved. Nobody's document is there.
 */
const SPECIAL = {
  ipv4: [
    '0.0.0.0/8', // this network, RFC 791
    '10.0.0.0/8', // private use, RFC 1918
    '100.64.0.0/10', // carrier-grade NAT, RFC 6598
    '127.0.0.0/8', // loopback, RFC 1122
    '169.254.0.0/16', // link-local, RFC 3927; cloud metadata
    '172.16.0.0/12', // private use, RFC 1918
    '192.0.0.0/24', // protocol assignments, RFC 6890
    '192.0.2.0/24', // documentation, RFC 5737
    '192.31.196.0/24', // AS112, RFC 7535
    '192.52.193.0/24', // AMT, RFC 7450
    '192.88.99.0/24', // 6to4 relays, RFC 7526
    '192.168.0.0/16', // private use, RFC 1918
    '192.175.48.0/24', // AS112, RFC 7534
    '198.18.0.0/15', // benchmarking, RFC 2544
    '198.51.100.0/24', // documentation, RFC 5737
    '203.0.113.0/24', // documentation, RFC 5737
    '224.0.0.0/4', // multicast, RFC 5771
    '240.0.0.0/4', // reserved and limited broadcast, RFC 1112, RFC 919
  ],
  ipv6: [
    '::/96', // unspecified, loopback, IPv4-compatible, RFC 4291
    '::ffff:0:0/96', // IPv4-mapped, RFC 4291
    '::ffff:0:0:0/96', // IPv4-translated, RFC 2765
    '64:ff9b:1::/48', // local-use translation, RFC 8215
    '100::/64', // discard-only, RFC 6666
    '100:0:0:1::/64', // dummy prefix, RFC 9780
    '2001::/23', // protocol assignments with Teredo, benchmarking and ORCHID, RFC 2928
    '2001:db8::/32', // documentation, RFC 3849
    '2002::/16', // 6to4, RFC 3056
    '2620:4f:8000::/48', // AS112, RFC 7534
    '3fff::/20', // documentation, RFC 9637
    '5f00::/16', // segment routing, RFC 9602
    'fc00::/7', // unique local, RFC 4193
    'fe80::/10', // link-local, RFC 4291
    'fec0::/10', // site-local, RFC 3879
    'ff00::/8', // multicast, RFC 4291
  ],
} as const

/** The only IPv6 that is handed out for use in public (RFC 4291 §2.4). */
const GLOBAL_UNICAST = '2000::/3'
/** What IPv6-only networks reach IPv4 by (RFC 6052 §2.1): the IPv4 address in it decides. */
const TRANSLATED = '64:ff9b::/96'

// A list for each family: in one list, an IPv4 address would be asked about as the IPv4-mapped one that it is not.
const specialIpv4 = blockList(SPECIAL.ipv4, 'ipv4')
const specialIpv6 = blockList(SPECIAL.ipv6, 'ipv6')
const globalUnicast = blockList([GLOBAL_UNICAST], 'ipv6')
const translated = blockList([TRANSLATED], 'ipv6')

function blockList(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** Whether an address, as a resolver or a socket names it, is one of the public Internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !specialIpv4.check(address, 'ipv4')
    case 6: {
      // A zone names an interface of this machine.
      if (address.includes('%')) return false
      if (translated.check(address, 'ipv6')) return isPublicAddress(embeddedIpv4(address))
      return globalUnicast.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6')
    }
    default:
      return false
  }
}

function embeddedIpv4(address: string): string {
  const [high = 0, low = 0] = ipv6Groups(address)
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
