/** Where Redis is, as STORE_URL says. */
export interface RedisTarget {
  readonly topology: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** The server, or the sentinels, or some nodes of the cluster. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
  /** Sentinel's name for the master. */
  readonly masterName: string
}

const URL_FORM =
  /^redis(?<tls>s)?(?:\+(?<topology>sentinel|cluster))?:\/\/(?:(?<userinfo>[^@/]*)@)?(?<nodes>[^@/?]+)(?:\/(?<db>\d*))?(?:\?(?<query>.*))?$/
/** A name or IPv4 address, or an IPv6 address in brackets. */
const NODE_FORM = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]+))(?::(?<port>\d{1,5}))?$/
const DEFAULT_PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const

/**
 * Reads the Redis forms of STORE_URL; `rediss` instead of `redis` is TLS to every node (a private authority by NODE_EXTRA_CA_CERTS):
 * - `redis://user:password@host:6379/0`, user, password, port and database optional
 * - `redis+sentinel://user:password@host1:26379,host2:26379/0?name=mymaster`; user and password are the data nodes'
 * - `redis+cluster://user:password@host1:6379,host2:6379`; a cluster has database 0 only
 *
 * User and password are percent-encoded.
 * @throws Error with a sentence that does not repeat the URL, which may hold a password
 */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = URL_FORM.exec(url)?.groups
  if (!parts) throw new Error('STORE_URL must look like redis://user:password@host:6379/0')
  const topology = (parts.topology ?? 'single') as RedisTarget['topology']
  const nodes = (parts.nodes ?? '').split(',').map((node) => parseNode(node, DEFAULT_PORTS[topology]))
  if (topology === 'single' && nodes.length > 1) {
    throw new Error('STORE_URL names several hosts; use redis+sentinel:// or redis+cluster://')
  }
  const db = Number(parts.db || 0)
  if (topology === 'cluster' && db !== 0) throw new Error('STORE_URL names a database, but a Redis Cluster has only database 0')
  const masterName = new URLSearchParams(parts.query).get('name') ?? ''
  if (topology === 'sentinel' && !masterName) throw new Error('STORE_URL needs ?name= with the name of the master')
  return { topology, tls: parts.tls === 's', nodes, ...parseUserInfo(parts.userinfo ?? ''), db, masterName }
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const parts = NODE_FORM.exec(text)?.groups
  const host = parts?.ipv6 ?? parts?.host
  if (!host) throw new Error('STORE_URL has a host that cannot be read; write host:port, and [address]:port for IPv6')
  return { host, port: Number(parts?.port ?? defaultPort) }
}

function parseUserInfo(userinfo: string): { username: string | undefined; password: string | undefined } {
  const colon = userinfo.indexOf(':')
  const [username, password] = colon < 0 ? [userinfo, ''] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)]
  try {
    return { username: decodeURIComponent(username) || undefined, password: decodeURIComponent(password) || undefined }
  } catch {
    throw new Error('STORE_URL has a user or password that is not percent-encoded')
  }
}
