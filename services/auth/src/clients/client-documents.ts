import type { Logger } from '@gatehouse/runtime'
import { readDocumentUrl } from '../fetch/document-url.ts'
import { FetchFault } from '../fetch/fetch-fault.ts'
import type { FetchJson } from '../fetch/fetch-json.ts'
import type { Client } from '../oauth/client.ts'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { isTrustedHost } from '../oauth/trusted-hosts.ts'
import type { ExpiringStore } from '../store/expiring-store.ts'
import { ClientDocumentFault, readClientDocument } from './client-document.ts'
import { freshSeconds } from './fresh-seconds.ts'
import { PINNED_DOCUMENTS } from './pinned-documents.ts'

/** While its host is down, a document is believed this long after it was last fetched. */
const DOCUMENT_COPY_SECONDS = 604_800
/** While a copy speaks for a host that is down, the host is asked again at most this often. */
const DOCUMENT_RETRY_SECONDS = 60
/** Documents kept in memory; the least recently used one goes. */
const DOCUMENTS_LIMIT = 500
/** What a client is told to wait when its document cannot be had. */
const RETRY_AFTER_SECONDS = '10'

/** The clients whose id is the URL of a document (CIMD). */
export interface ClientDocuments {
  /**
   * undefined when the id is no URL, or its host is not trusted and CIMD is off.
   * @param isTrusted - the operator named this very id, so its host need not be on the list
   * @throws OAuthError, StoreUnavailableError; see ClientDirectory
   */
  find(clientId: string, options: { readonly isTrusted: boolean }): Promise<Client | undefined>
  /** Keeps a copy in the store, for every replica, of what was found last. */
  keep(clientId: string): Promise<void>
}

export interface ClientDocumentsOptions {
  readonly fetchJson: FetchJson
  readonly expiring: ExpiringStore
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
  /** CIMD_TRUSTED_HOSTS. */
  readonly trustedHosts: readonly string[]
}

interface Copy {
  readonly client: Client
  /** Unix seconds, of the document as it is here. */
  readonly fetchedAt: number
}

interface Entry extends Copy {
  readonly kind: 'fetched' | 'last_good' | 'pinned'
  /** Unix seconds. Until then nobody is asked. */
  readonly freshUntil: number
}

export function createClientDocuments({
  fetchJson,
  expiring,
  clock,
  log,
  trustedHosts,
}: ClientDocumentsOptions): ClientDocuments {
  const entries = new Map<string, Entry>()

  function remember(clientId: string, entry: Entry): Client {
    entries.delete(clientId)
    entries.set(clientId, entry)
    const [oldest] = entries.keys()
    if (entries.size > DOCUMENTS_LIMIT && oldest !== undefined) entries.delete(oldest)
    return entry.client
  }

  const store = ({ client, fetchedAt }: Copy): Promise<void> =>
    expiring.put('client-document', client.clientId, JSON.stringify({ client, fetchedAt }), DOCUMENT_COPY_SECONDS)

  async function fetch(clientId: string): Promise<Client> {
    const { json, cacheControl, age } = await fetchJson(clientId)
    const now = nowSeconds(clock)
    const client = readClientDocument(clientId, json, now)
    const copy = { client, fetchedAt: now }
    remember(clientId, { ...copy, kind: 'fetched', freshUntil: now + freshSeconds(cacheControl, age) })
    // A copy that is kept is kept up to date. The store's faults are the next step's to meet; this one has its client.
    const kept = await expiring.find('client-document', clientId).catch(() => undefined)
    if (kept !== undefined) await store(copy).catch(() => {})
    return client
  }

  /** What the document said when it was last seen, if that is not too long ago; or what it is known to say. */
  async function findCopy(clientId: string): Promise<Omit<Entry, 'freshUntil'> | undefined> {
    const now = nowSeconds(clock)
    const isRecent = (copy: Copy) => now - copy.fetchedAt < DOCUMENT_COPY_SECONDS
    const entry = entries.get(clientId)
    if (entry && entry.kind !== 'pinned' && isRecent(entry)) return { ...entry, kind: 'last_good' }
    const stored = await expiring.find('client-document', clientId)
    const copy = stored === undefined ? undefined : (JSON.parse(stored) as Copy)
    if (copy && isRecent(copy)) return { ...copy, kind: 'last_good' }
    const pinned = PINNED_DOCUMENTS.get(clientId)
    return pinned && { client: readClientDocument(clientId, pinned, now), fetchedAt: now, kind: 'pinned' }
  }

  async function standIn(clientId: string, fault: FetchFault): Promise<Client> {
    const copy = await findCopy(clientId)
    // A name that nobody has is a slip of the pen; what is only down comes back, and a client must not throw its tokens away.
    if (!copy) throw fault.reason === 'host_unknown' ? noDocument(clientId, fault) : notNow(clientId, fault)
    log.warn(
      { event: 'client_document_stale', client: clientId, copy: copy.kind, reason: fault.reason },
      'the document of a client cannot be had; a copy of it speaks',
    )
    return remember(clientId, { ...copy, freshUntil: nowSeconds(clock) + DOCUMENT_RETRY_SECONDS })
  }

  return {
    find: async (clientId, { isTrusted }) => {
      if (!/^https?:/i.test(clientId)) return undefined
      const url = readDocumentUrl(clientId)
      if (!url || url.path === '/') throw malformed()
      if (!isTrusted && !isTrustedHost(trustedHosts, url.host)) throw untrusted(url.host)
      const entry = entries.get(clientId)
      if (entry && nowSeconds(clock) < entry.freshUntil) return remember(clientId, entry)
      try {
        return await fetch(clientId)
      } catch (error) {
        if (error instanceof FetchFault && error.isUnavailable) return standIn(clientId, error)
        if (!(error instanceof FetchFault || error instanceof ClientDocumentFault)) throw error
        // The host says that there is no such client: what it said before counts no longer.
        entries.delete(clientId)
        await expiring.take('client-document', clientId)
        throw noDocument(clientId, error)
      }
    },
    keep: async (clientId) => {
      const entry = entries.get(clientId)
      if (entry && entry.kind !== 'pinned') await store(entry)
    },
  }
}

/** What a person or a developer reads: a host and a word, both of our own alphabet. */
const hostOf = (clientId: string): string => readDocumentUrl(clientId)?.host ?? 'its host'

const malformed = (): OAuthError =>
  new OAuthError('invalid_client', 'a client_id that is a URL must be https with a path, written in its plainest form', {
    reason: 'client_id_url_malformed',
  })

const untrusted = (host: string): OAuthError =>
  new OAuthError('invalid_client', `this gateway takes no clients from ${host}`, { reason: 'client_host_untrusted' })

const noDocument = (clientId: string, cause: FetchFault | ClientDocumentFault): OAuthError =>
  new OAuthError(
    'invalid_client',
    cause instanceof ClientDocumentFault
      ? `the client metadata document at ${hostOf(clientId)} is not valid: ${cause.message}`
      : `there is no client metadata document at this client_id (${hostOf(clientId)})`,
    { reason: cause instanceof ClientDocumentFault ? 'client_document_invalid' : `client_document_${cause.reason}`, cause },
  )

const notNow = (clientId: string, cause: FetchFault): OAuthError =>
  new OAuthError(
    'temporarily_unavailable',
    `the client metadata document at ${hostOf(clientId)} cannot be reached right now; try again in a moment`,
    { reason: `client_document_${cause.reason}`, cause, headers: { 'retry-after': RETRY_AFTER_SECONDS } },
  )
