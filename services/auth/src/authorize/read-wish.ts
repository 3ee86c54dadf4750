import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'
import type { Wish } from './decide.ts'

/**
 * What the person answered. A scope that was not asked for cannot be chosen; one that stands alone needs no box.
 * @param asked - scopes of the request
 * @throws OAuthError for a form without a decision
 */
export function readWish(params: Params, asked: readonly string[]): Wish | 'nothing chosen' {
  if (params.decision === 'deny') return { decision: 'deny' }
  if (params.decision !== 'approve') {
    throw new OAuthError('invalid_request', 'decision is approve or deny', { reason: 'decision_unknown' })
  }
  const ofResource = asked.filter((scope) => !OPENID_SCOPES.includes(scope))
  const chosen = ofResource.length === 1 ? ofResource : ofResource.filter((scope) => params[`scope:${scope}`] !== undefined)
  if (chosen.length === 0) return 'nothing chosen'
  return { decision: 'approve', scopes: asked.filter((scope) => chosen.includes(scope) || OPENID_SCOPES.includes(scope)) }
}
