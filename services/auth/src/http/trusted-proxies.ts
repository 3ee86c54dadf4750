import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { readNetwork } from '../oauth/network.ts'

/** The peers whose word about a request (X-Forwarded-*) counts. */
export interface TrustedProxies {
  /** @param address - the peer of the TCP connection, never one out of a header */
  trusts(address: string | undefined): boolean
}

/** Proxies are a handful; the bound is for when they are not. */
const REMEMBERED_ADDRESSES = 1000

/**
 * @param entries - addresses, CIDR networks, `loopback`, or `local-networks`: the networks of this machine's own
 *   interfaces at start, which in a container is the compose network
 * @throws Error with a sentence for the operator when an entry is none of these
 */
export function createTrustedProxies(entries: readonly string[]): TrustedProxies {
  const networks = new BlockList()
  for (const entry of entries.flatMap(expand)) {
    const network = readNetwork(entry)
    if (!network) {
      throw new Error(
        `TRUSTED_PROXIES: ${JSON.stringify(entry)} is not an address, a network such as 10.0.0.0/8, "loopback" or "local-networks"`,
      )
    }
    networks.addSubnet(network.address, network.bits, network.family)
  }
  const answers = new Map<string, boolean>()
  return {
    trusts: (address) => {
      if (address === undefined) return false
      let trusted = answers.get(address)
      if (trusted === undefined) {
        const version = isIP(address)
        trusted = version !== 0 && networks.check(address, version === 4 ? 'ipv4' : 'ipv6')
        if (answers.size >= REMEMBERED_ADDRESSES) answers.clear()
        answers.set(address, trusted)
      }
      return trusted
    },
  }
}

function expand(entry: string): string[] {
  if (entry === 'loopback') return ['127.0.0.0/8', '::1/128']
  if (entry !== 'local-networks') return [entry]
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ cidr }) => (cidr === null ? [] : [cidr])),
  )
}
