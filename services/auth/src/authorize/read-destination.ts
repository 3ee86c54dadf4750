import type { Params } from '../http/params.ts'
import type { AuthorizationRequests } from './authorization-request.ts'
import { type AuthorizeContext, pathsOf } from './authorize-context.ts'
import { findClient } from './find-client.ts'
import type { Destination } from './show-sign-in.ts'

/** A path of this host: no scheme, no host in any spelling (`//x`, `/\x`), nothing a header could break on. */
const LOCAL_PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

/**
 * Where a sign-in shall lead, from `request` or `return_to`.
 * @throws OAuthError when the request is unreadable or expired, or its client has gone
 */
export async function readDestination(
  params: Params,
  context: Pick<AuthorizeContext, 'clients' | 'config'>,
  requests: AuthorizationRequests,
): Promise<Destination> {
  if (params.request === undefined) {
    return { kind: 'page', path: localPath(params.return_to, context.config.publicOrigin) ?? pathsOf(context.config).signIn }
  }
  const request = requests.open(params.request)
  const client = await findClient(context.clients, request.clientId)
  return { kind: 'authorize', sealed: params.request, request, client }
}

/** The path, if following it stays on this host (open redirects). */
const localPath = (path: string | undefined, origin: string): string | undefined =>
  path !== undefined && LOCAL_PATH.test(path) && new URL(path, origin).origin === origin ? path : undefined
