import type { FastifyRequest } from 'fastify'
import { isConfidential } from '../oauth/confidential.ts'
import { redirectDestination } from '../oauth/redirect-uri.ts'
import type { Session } from '../store/session-store.ts'
import { approvalKey } from './approval-keys.ts'
import type { AuthorizeContext } from './authorize-context.ts'
import type { Consent } from './open-consent.ts'

/**
 * Whether the person need not be asked, because they said yes to exactly this before. Never when another site sent the
 * browser here (GHSA-6x8h-498w-gv8c), when the browser only looks ahead, or when the client wants the question. Never for
 * programs and apps on the person's device, whose name and port any other program could use, unless the operator's file has
 * the secret or the keys that they always prove themselves by: RFC 8252 §8.6, "the authorization server SHOULD NOT process
 * authorization requests automatically without user consent or interaction, except when the identity of the client can be
 * assured" (docs/adr/0006-who-is-not-asked-again.md).
 */
export async function isSilent(
  request: FastifyRequest,
  { stores }: Pick<AuthorizeContext, 'stores'>,
  { request: authorization, client }: Consent,
  session: Session,
): Promise<boolean> {
  const { 'sec-fetch-site': site, 'sec-purpose': purpose } = request.headers
  const isOwnWish = site === 'none' || site === 'same-origin' || site === 'same-site'
  const isCertain =
    (client.source === 'configured' && isConfidential(client)) || redirectDestination(authorization.redirectUri).kind === 'web'
  if (!isOwnWish || purpose !== undefined || !isCertain || authorization.prompts.includes('consent')) return false
  const key = approvalKey(client, authorization.redirectUri, authorization.scopes, authorization.resource)
  return stores.approvals.has(session.identity.subject, key)
}
