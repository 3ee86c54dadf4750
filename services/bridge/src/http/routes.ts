import type { Server } from '@gatehouse/servers'

/** One server's endpoint. */
export interface Route {
  readonly server: Server
  /** The audience of assertions for it. */
  readonly resource: string
  /** RFC 9728 §3.1: the well-known part stands between host and path. */
  readonly resourceMetadata: string
}

/** Paths are compared byte for byte: an encoded or folded twin of a name is another, unknown name. */
export function createRoutes(publicUrl: string, servers: readonly Server[]): ReadonlyMap<string, Route> {
  const { origin, pathname } = new URL(publicUrl)
  const base = pathname === '/' ? '' : pathname
  const routes = new Map<string, Route>()
  for (const server of servers) {
    const path = `${base}/${server.name}/mcp`
    const route: Route = {
      server,
      resource: `${publicUrl}/${server.name}/mcp`,
      resourceMetadata: `${origin}/.well-known/oauth-protected-resource${path}`,
    }
    routes.set(path, route)
    routes.set(`${path}/`, route)
  }
  return routes
}

export function pathOf(url: string | undefined): string {
  if (url === undefined) return ''
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
