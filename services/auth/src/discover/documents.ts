import type { Context } from '../context.ts'
import { authorizationServerMetadata } from './authorization-server.ts'
import { protectedResourceMetadata } from './protected-resource.ts'

/**
 * Every well-known document but the keys, by the exact path it is asked for: a path that is spelled otherwise (encoded, with
 * `..`) is not here. Constant for the life of the process.
 *
 * A document about `https://host/PATH` stands where its RFC puts it, `/.well-known/NAME/PATH` (RFC 8414 §3.1, RFC 9728 §3.1),
 * and where clients look too: `/PATH/.well-known/NAME` (OpenID Connect, Codex), at the root of the host, and, for the
 * authorization server, under every server's URL (LibreChat, n8n and 2025-03-26 clients know no other place).
 */
export function wellKnownDocuments(
  context: Pick<Context, 'config' | 'resources' | 'clients' | 'issuers'>,
): ReadonlyMap<string, string> {
  const { config, resources } = context
  const { PUBLIC_URL: issuer, publicPath } = config
  const documents = new Map<string, string>()
  const put = (name: string, path: string, document: object, documentOfSlash = document) => {
    documents.set(`/.well-known/${name}${path}`, JSON.stringify(document))
    documents.set(`/.well-known/${name}${path}/`, JSON.stringify(documentOfSlash))
    documents.set(`${path}/.well-known/${name}`, JSON.stringify(document))
  }

  const server = authorizationServerMetadata(context)
  const serverPaths = resources.all.map((resource) => new URL(resource.url).pathname)
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    for (const path of ['', publicPath, ...serverPaths]) put(name, path, server)
  }

  for (const resource of [resources.root, ...resources.all]) {
    const paths = resource.server === undefined ? ['', publicPath] : [new URL(resource.url).pathname]
    for (const path of paths) {
      put(
        'oauth-protected-resource',
        path,
        protectedResourceMetadata(resource, resource.url, issuer),
        protectedResourceMetadata(resource, `${resource.url}/`, issuer),
      )
    }
  }
  return documents
}

/** The routes under which these paths, and unknown ones beside them, are asked for. */
export function wellKnownRoutes(documents: ReadonlyMap<string, string>): string[] {
  const names = ['oauth-authorization-server', 'openid-configuration', 'oauth-protected-resource']
  const atRoot = names.flatMap((name) => [`/.well-known/${name}`, `/.well-known/${name}/*`])
  return [...atRoot, ...[...documents.keys()].filter((path) => !path.startsWith('/.well-known/'))]
}
