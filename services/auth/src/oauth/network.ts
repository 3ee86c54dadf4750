import { isIP } from 'node:net'

/** An address and how many of its leading bits matter. */
export interface Network {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Reads an address or a CIDR network; undefined when it is neither. */
export function readNetwork(text: string): Network | undefined {
  const [address = '', suffix, ...rest] = text.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const bits = suffix === undefined ? most : /^\d{1,3}$/.test(suffix) ? Number(suffix) : Number.NaN
  if (version === 0 || rest.length > 0 || !(bits <= most)) return undefined
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/**
 * The network that an address is taken to share with its neighbours, as text: its /24, or its /48 for IPv6. An IPv4
 * address in IPv6 clothes is the IPv4 address.
 */
export function neighbourhood(address: string): string {
  const ipv4 = plainIpv4(address)
  if (ipv4 !== undefined) return `${ipv4.split('.').slice(0, 3).join('.')}.0/24`
  return isIP(address) === 6 ? `${ipv6Groups(address).slice(0, 3).join(':')}::/48` : 'unknown'
}

/** What one machine or household has to itself, as text: the IPv4 address, or the /64 of an IPv6 one. */
export function household(address: string): string {
  const ipv4 = plainIpv4(address)
  if (ipv4 !== undefined) return ipv4
  return isIP(address) === 6 ? `${ipv6Groups(address).slice(0, 4).join(':')}::/64` : 'unknown'
}

const plainIpv4 = (address: string): string | undefined =>
  /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.exec(address)?.[1]

/** The eight groups of an IPv6 address. The parser writes one in one canonical way; what `::` stands for is filled in. */
export function ipv6Groups(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  return tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}
