import type { FastifyReply } from 'fastify'
import { type AuthorizeContext, pathsOf } from './authorize-context.ts'

/** Where a browser goes after signing in; 303, so that the form is not posted on (RFC 9700 §4.12). */
export const goOn = (
  reply: FastifyReply,
  { config }: Pick<AuthorizeContext, 'config'>,
  destination: { readonly kind: 'authorize'; readonly sealed: string } | { readonly kind: 'page'; readonly path: string },
): FastifyReply =>
  reply
    .header('cache-control', 'no-store')
    .redirect(
      destination.kind === 'authorize' ? `${pathsOf(config).consent}?request=${destination.sealed}` : destination.path,
      303,
    )
