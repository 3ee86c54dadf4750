import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { newCode, newGrantId } from '../oauth/code.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Identity } from '../oauth/identity.ts'
import { APPROVAL_TTL_SECONDS, AUTHORIZATION_CODE_TTL_SECONDS, AUTHORIZATION_REQUEST_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { sha256 } from '../oauth/secret.ts'
import { createSealer } from '../secrets/sealer.ts'
import type { Session } from '../store/session-store.ts'
import { approvalKey, destinationKey } from './approval-keys.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import type { AuthorizeContext } from './authorize-context.ts'
import { responseUrl } from './response-url.ts'

export type Wish = { readonly decision: 'approve'; readonly scopes: readonly string[] } | { readonly decision: 'deny' }

/** What was answered, whichever click came first. */
export interface Outcome {
  readonly decision: Wish['decision']
  /** Whose answer it is. Whoever began the request can open the same question: its code is for this person alone. */
  readonly subject: string
  /** The redirect URI with the answer. */
  readonly location: string
  /** Absent for a denial. */
  readonly grantId?: string
  /** Unix seconds after which the answer is of no use. */
  readonly expiresAt: number
}

/**
 * Records a person's answer, once per request: of any number of parallel answers the first stands, one code at most exists,
 * and a second click of that person gets the same redirect again. Only the caller whose answer is recorded issues the code,
 * after that: a crash in between leaves a code that was never valid, not two.
 * @returns the outcome that stands, and whether it is this caller's
 * @throws OAuthError when another answer was given before, or somebody else's, or the same one too long ago
 */
export async function decide(
  context: Pick<AuthorizeContext, 'config' | 'stores' | 'clock' | 'secrets'>,
  request: AuthorizationRequest,
  client: Client,
  { identity, signedInAt }: Session,
  wish: Wish,
): Promise<{ readonly outcome: Outcome; readonly isFirst: boolean }> {
  const { stores, clock } = context
  const sealer = createSealer(context.secrets, 'consent-outcome')
  const now = nowSeconds(clock)
  const { outcome, code } = prepare(context.config, request, identity.subject, wish, now)
  const sealed = sealer.seal(JSON.stringify(outcome))
  const recorded = await stores.decisions.decideOnce(request.requestId, sealed, AUTHORIZATION_REQUEST_TTL_SECONDS)
  if (recorded.first) {
    if (wish.decision === 'approve' && code !== undefined && outcome.grantId !== undefined) {
      await issue(stores, request, client, identity, wish.scopes, { code, grantId: outcome.grantId, now, authTime: signedInAt })
    }
    return { outcome, isFirst: true }
  }
  const text = sealer.open(recorded.outcome)
  const standing = text === undefined ? undefined : (JSON.parse(text) as Outcome)
  if (standing?.decision !== wish.decision || standing.subject !== identity.subject || now >= standing.expiresAt) {
    throw new OAuthError('access_denied', 'this was answered before', { reason: 'answered_before', status: 400 })
  }
  return { outcome: standing, isFirst: false }
}

function prepare(
  { PUBLIC_URL }: Pick<AuthorizeContext['config'], 'PUBLIC_URL'>,
  { redirectUri, state }: AuthorizationRequest,
  subject: string,
  wish: Wish,
  now: number,
): { readonly outcome: Outcome; readonly code?: string } {
  if (wish.decision === 'deny') {
    const answer = { error: 'access_denied', error_description: 'the person denied it' } as const
    const location = responseUrl(PUBLIC_URL, redirectUri, state, answer)
    return { outcome: { decision: 'deny', subject, location, expiresAt: now + AUTHORIZATION_REQUEST_TTL_SECONDS } }
  }
  const grantId = newGrantId()
  const code = newCode(grantId)
  const location = responseUrl(PUBLIC_URL, redirectUri, state, { code })
  return { code, outcome: { decision: 'approve', subject, location, grantId, expiresAt: now + AUTHORIZATION_CODE_TTL_SECONDS } }
}

async function issue(
  stores: AuthorizeContext['stores'],
  request: AuthorizationRequest,
  client: Client,
  identity: Identity,
  scopes: readonly string[],
  step: { readonly code: string; readonly grantId: string; readonly now: number; readonly authTime: number },
): Promise<void> {
  const { redirectUri, resource, codeChallenge, nonce, dpopJkt } = request
  const { code, grantId, now, authTime } = step
  const grant = { id: grantId, clientId: client.clientId, identity, redirectUri, scopes, resource, createdAt: now }
  await stores.grants.issueCode(grant, {
    codeHash: sha256(code),
    codeChallenge,
    redirectUri,
    expiresAt: now + AUTHORIZATION_CODE_TTL_SECONDS,
    authTime,
    ...(nonce === undefined ? {} : { nonce }),
    ...(dpopJkt === undefined ? {} : { dpopJkt }),
  })
  const { subject } = identity
  await stores.approvals.remember(subject, approvalKey(client, redirectUri, scopes, resource), APPROVAL_TTL_SECONDS)
  await stores.approvals.remember(subject, destinationKey(client, redirectUri), APPROVAL_TTL_SECONDS)
}
