import type { Logger } from '@gatehouse/runtime'
import { type DocumentUrl, readDocumentUrl } from './document-url.ts'
import { type FetchFault, refused, unavailable } from './fetch-fault.ts'
import { isPublicAddress } from './public-address.ts'
import { type RequestLimits, requestJson } from './request-json.ts'
import { type ResolvedAddress, type ResolveHost, resolvePrivateName, resolvePublicName } from './resolve-host.ts'

/** Names, connection, headers and body together, however slowly they come; clients wait five seconds for us (rule 12). */
const FETCH_TIMEOUT_MS = 3_000
/** draft-ietf-oauth-client-id-metadata-document §8.7: "The recommended maximum size to read is 5 kilobytes." */
const DOCUMENT_LIMIT_BYTES = 5_120
/** Keys of an issuer that the operator named: Microsoft's come with their certificates. */
const TRUSTED_LIMIT_BYTES = 65_536
/** Under way at once in this process, so that any number of slow hosts cost a bounded number of sockets. */
const FETCHES_LIMIT = 128
/** Of these at one host, so that one slow host does not take all. */
const FETCHES_PER_HOST_LIMIT = 4

export interface FetchJsonOptions {
  /** CIMD_ALLOWED_PRIVATE_HOSTS: names or addresses, exactly, with a port or with any, that may be private, and plain http. */
  readonly allowedPrivateHosts: readonly string[]
  readonly log?: Pick<Logger, 'debug'>
  /** For tests: other name servers, shorter limits. */
  readonly resolvePublicName?: ResolveHost
  readonly resolvePrivateName?: ResolveHost
  readonly timeoutMs?: number
  readonly documentLimitBytes?: number
}

export interface FetchedJson {
  readonly json: unknown
  /** The answer's Cache-Control and Age. */
  readonly cacheControl: string | undefined
  readonly age: string | undefined
}

/**
 * Fetches a JSON document from an address that somebody outside chose. Only what a stranger may be led to: https, a public
 * address in every answer of the name server and again at the connected socket, no redirect, no proxy, no compression, 5 KB,
 * three seconds for all of it. Fetches of one address at the same time are one.
 * @param trusted - the operator wrote this address: it may be private, and plain http to a private address
 * @throws FetchFault
 */
export type FetchJson = (url: string, options?: { readonly trusted?: boolean }) => Promise<FetchedJson>

export function createFetchJson(options: FetchJsonOptions): FetchJson {
  const privateHosts = new Set(options.allowedPrivateHosts.map((host) => host.toLowerCase().replace(/^\[([^\]]*)\]/, '$1')))
  const isPrivateHost = ({ host, port }: DocumentUrl) => privateHosts.has(host) || privateHosts.has(`${host}:${port}`)
  const underWay = new Map<string, Promise<FetchedJson>>()
  // Strangers' addresses cannot take the places of those that the operator wrote.
  const places = { ofStrangers: createPlaces(), ofOperator: createPlaces() }

  async function run(text: string, trusted: boolean): Promise<FetchedJson> {
    const url = readDocumentUrl(text)
    if (!url) throw refused('url_malformed')
    const mayBePrivate = trusted || isPrivateHost(url)
    if (!mayBePrivate && !url.isTls) throw refused('http_not_allowed')
    // An address in place of a name says nothing about whose it is, and no resolver is asked about it.
    if (!mayBePrivate && url.isIpLiteral) throw refused('address_not_public')
    const leave = (trusted ? places.ofOperator : places.ofStrangers).enter(url.host)
    const limits: RequestLimits = {
      signal: AbortSignal.timeout(options.timeoutMs ?? FETCH_TIMEOUT_MS),
      maxBytes: trusted ? TRUSTED_LIMIT_BYTES : (options.documentLimitBytes ?? DOCUMENT_LIMIT_BYTES),
    }
    try {
      const addresses = await resolve(url, mayBePrivate, limits.signal)
      const isAllowed = (address: string) => mayBePrivate || isPublicAddress(address)
      if (!addresses.every(({ address }) => isAllowed(address))) throw refused('address_not_public')
      if (!url.isTls && !isPrivateHost(url) && addresses.some(({ address }) => isPublicAddress(address))) {
        throw refused('http_not_allowed')
      }
      return await requestJson(url, addresses, isAllowed, limits)
    } finally {
      leave()
    }
  }

  function resolve(url: DocumentUrl, mayBePrivate: boolean, signal: AbortSignal): Promise<readonly ResolvedAddress[]> {
    if (url.isIpLiteral) return Promise.resolve([{ address: url.host, family: url.host.includes(':') ? 6 : 4 }])
    const ask = mayBePrivate
      ? (options.resolvePrivateName ?? resolvePrivateName)
      : (options.resolvePublicName ?? resolvePublicName)
    return withDeadline(ask(url.host, signal), signal)
  }

  return (url, { trusted = false } = {}) => {
    const key = `${trusted} ${url}`
    const same = underWay.get(key)
    if (same) return same
    const fetching = run(url, trusted)
      .catch((fault: FetchFault) => {
        options.log?.debug(
          { event: 'fetch_failed', url: url.slice(0, LOGGED_LENGTH), reason: fault.reason, err: fault.cause },
          'fetch failed',
        )
        throw fault
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, fetching)
    return fetching
  }
}

/** Of an address in a log line; it may be anything. */
const LOGGED_LENGTH = 200

/** Counts what is under way, in all and at each host. */
function createPlaces() {
  const taken = new Map<string, number>()
  let all = 0
  return {
    /** @throws FetchFault `busy` */
    enter: (host: string): (() => void) => {
      const here = taken.get(host) ?? 0
      if (all >= FETCHES_LIMIT || here >= FETCHES_PER_HOST_LIMIT) throw unavailable('busy')
      all++
      taken.set(host, here + 1)
      return () => {
        all--
        const left = (taken.get(host) ?? 1) - 1
        if (left === 0) taken.delete(host)
        else taken.set(host, left)
      }
    },
  }
}

/** A name's addresses, or the fault that they did not come, or not in time. */
async function withDeadline(
  answer: Promise<readonly ResolvedAddress[]>,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  let late: (() => void) | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    late = () => reject(unavailable('too_slow'))
    signal.addEventListener('abort', late, { once: true })
  })
  try {
    const addresses = await Promise.race([answer, deadline])
    if (addresses.length === 0) throw unavailable('host_unknown')
    return addresses
  } catch (error) {
    if (signal.aborted) throw unavailable('too_slow', error)
    const { code } = error as NodeJS.ErrnoException
    throw unavailable(code === 'ENOTFOUND' || code === 'ENODATA' ? 'host_unknown' : 'unreachable', error)
  } finally {
    if (late) signal.removeEventListener('abort', late)
    answer.catch(() => {})
  }
}
