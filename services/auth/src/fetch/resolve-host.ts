import { lookup, Resolver } from 'node:dns/promises'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Every address of a name. Rejects with an error whose `code` is `ENOTFOUND` when there is none. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly ResolvedAddress[]>

/** Of one question to one name server. */
const DNS_TIMEOUT_MS = 1_000
const DNS_TRIES = 2

/**
 * Asks the name servers themselves. Not by `getaddrinfo`, which blocks one of four threads that files, scrypt and signatures
 * need too, for as long as a stranger's name server likes to wait; nor does this know /etc/hosts or search domains, where
 * private names live.
 */
export const resolvePublicName: ResolveHost = (host, signal) => askNameServers(host, signal)

/** @param servers - `address:port` of other name servers than the system's, for tests */
export async function askNameServers(host: string, signal: AbortSignal, servers?: readonly string[]): Promise<ResolvedAddress[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  if (servers) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const addresses = [...addressesOf(ipv4, 4), ...addressesOf(ipv6, 6)]
    if (addresses.length === 0) throw worseOf(ipv4, ipv6)
    return addresses
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** As every program of this machine resolves a name: for hosts that the operator named. */
export const resolvePrivateName: ResolveHost = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))

const addressesOf = (answer: PromiseSettledResult<string[]>, family: 4 | 6): ResolvedAddress[] =>
  answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : []

/** Of two failures the one that leaves it open whether there is such a name. */
function worseOf(...answers: readonly PromiseSettledResult<string[]>[]): unknown {
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as NodeJS.ErrnoException] : []))
  return failures.find(({ code }) => code !== 'ENOTFOUND' && code !== 'ENODATA') ?? failures[0] ?? noAddress()
}

const noAddress = (): NodeJS.ErrnoException => Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
