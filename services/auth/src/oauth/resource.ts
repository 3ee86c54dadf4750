import { mayUse, type Person, type Server, scopesOf } from '@gatehouse/servers'

/** A protected resource (RFC 8707, RFC 9728): one server, or the root that stands for every server a person may use. */
export interface Resource {
  /** `PUBLIC_URL/NAME/mcp`, or PUBLIC_URL. Exactly what people type, without a trailing slash. */
  readonly url: string
  /** undefined = the root resource. */
  readonly server: Server | undefined
  readonly servers: readonly Server[]
  /** What a token for it may carry; the first is the default. */
  readonly scopes: readonly string[]
}

/** The resources of one gateway, found by URL, name or path. */
export interface Resources {
  readonly root: Resource
  readonly all: readonly Resource[]
  byName(name: string): Resource | undefined
  /**
   * Finds a resource by the `resource` parameter: compared after URL parsing, without one trailing slash
   * (clients add one to a bare origin); undefined when it is not ours.
   */
  byUrl(url: string): Resource | undefined
  /** The server of a forwarded request path such as `/NAME/mcp`, with PUBLIC_URL's path in front; a trailing slash is fine. */
  byPath(path: string): Resource | undefined
  /** What a request without `resource` is for: the only server, else the root. */
  readonly fallback: Resource
}

export function createResources(publicUrl: string, servers: readonly Server[]): Resources {
  const publicPath = new URL(publicUrl).pathname.replace(/\/$/, '')
  const root: Resource = { url: publicUrl, server: undefined, servers, scopes: [...new Set(servers.flatMap(scopesOf))] }
  const ofServers = servers.map(
    (server): Resource => ({ url: `${publicUrl}/${server.name}/mcp`, server, servers: [server], scopes: scopesOf(server) }),
  )
  const byUrl = new Map([root, ...ofServers].map((resource) => [normalize(resource.url), resource]))
  const byPath = new Map(
    ofServers.flatMap((resource) =>
      [`${publicPath}/${resource.server?.name}/mcp`, `${publicPath}/${resource.server?.name}/mcp/`].map(
        (path) => [path, resource] as const,
      ),
    ),
  )
  const byName = new Map(ofServers.map((resource) => [resource.server?.name, resource]))
  const [first] = ofServers
  return {
    root,
    all: ofServers,
    byName: (name) => byName.get(name),
    byUrl: (url) => (URL.canParse(url) && !url.includes('#') ? byUrl.get(normalize(url)) : undefined),
    byPath: (path) => byPath.get(path),
    fallback: ofServers.length === 1 && first ? first : root,
  }
}

/** Whether a person may ask for a token for this resource at all. */
export const mayUseResource = (resource: Resource, person: Person): boolean =>
  resource.servers.some((server) => mayUse(server, person))

const normalize = (url: string): string => new URL(url).href.replace(/\/$/, '')
